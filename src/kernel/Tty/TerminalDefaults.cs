// The settings that a terminal has before anybody changes them: those of Linux's serial console.
//
// Source: Linux termios(3), "stty sane"; POSIX.1-2017 chapter 11. The control modes are those of `console=ttyS0,115200n8`.
using Commence.Abi;

namespace Commence.Terminals;

/// <summary>Initial settings.</summary>
public static class TerminalDefaults
{
    /// <summary>Sets them.</summary>
    public static void Set(out Termios termios)
    {
        termios = new Termios
        {
            Input = InputModes.ICRNL | InputModes.IXON,
            Output = OutputModes.OPOST | OutputModes.ONLCR,
            Control = ControlModes.B115200 | ControlModes.CS8 | ControlModes.CREAD | ControlModes.HUPCL | ControlModes.CLOCAL,
            Local = LocalModes.ISIG | LocalModes.ICANON | LocalModes.ECHO | LocalModes.ECHOE | LocalModes.ECHOK
                | LocalModes.ECHOCTL | LocalModes.ECHOKE | LocalModes.IEXTEN,
        };
        ref ControlCharacters characters = ref termios.Characters;
        characters[(int)ControlCharacter.Interrupt] = Control('C');
        characters[(int)ControlCharacter.Quit] = Control('\\');
        characters[(int)ControlCharacter.Erase] = LineDiscipline.Delete;
        characters[(int)ControlCharacter.Kill] = Control('U');
        characters[(int)ControlCharacter.EndOfFile] = Control('D');
        characters[(int)ControlCharacter.Min] = 1;
        characters[(int)ControlCharacter.Start] = Control('Q');
        characters[(int)ControlCharacter.Stop] = Control('S');
        characters[(int)ControlCharacter.Suspend] = Control('Z');
        characters[(int)ControlCharacter.Reprint] = Control('R');
        characters[(int)ControlCharacter.Discard] = Control('O');
        characters[(int)ControlCharacter.WordErase] = Control('W');
        characters[(int)ControlCharacter.LiteralNext] = Control('V');
    }

    private static byte Control(char letter) => (byte)(letter & 0x1F);
}
