// What happens to a terminal's output on its way to the device, and where the cursor is then.
//
// Source: POSIX.1-2017 §11.2.3 "Output Modes"; Linux termios(3) for OLCUC and XTABS.
using System;
using Commence.Abi;

namespace Commence.Terminals;

/// <summary>Changes output bytes as <see cref="OutputModes"/> says, and collects them for the device.</summary>
/// <remarks>The caller excludes others (Tty's output lock).</remarks>
public ref struct OutputProcessor
{
    private const int TabWidth = 8;

    private readonly ConsolePort _port;
    private readonly OutputModes _modes;
    private readonly bool _isUtf8;
    private readonly Span<byte> _pending;
    private int _length;
    private uint _column;

    /// <param name="port">Where the bytes go.</param>
    /// <param name="termios">The terminal's settings.</param>
    /// <param name="column">Where the cursor is.</param>
    /// <param name="pending">Room to collect bytes in; any size from 16 on.</param>
    public OutputProcessor(ConsolePort port, in Termios termios, uint column, Span<byte> pending)
    {
        _port = port;
        _modes = termios.Output;
        _isUtf8 = (termios.Input & InputModes.IUTF8) != 0;
        _pending = pending;
        _length = 0;
        _column = column;
    }

    /// <summary>Where the cursor is after all that was put; keep it for the next processor.</summary>
    public readonly uint Column => _column;

    /// <summary>Puts several bytes.</summary>
    public void Put(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
            Put(value);
    }

    /// <summary>Puts one byte, which may become several or none.</summary>
    public void Put(byte value)
    {
        if (!Has(OutputModes.OPOST))
        {
            Emit(value);
            return;
        }

        switch (value)
        {
            case (byte)'\n':
                PutNewline();
                break;
            case (byte)'\r':
                PutReturn();
                break;
            case (byte)'\t':
                PutTab();
                break;
            case (byte)'\b':
                if (_column > 0)
                    _column--;
                Emit(value);
                break;
            default:
                PutOther(value);
                break;
        }
    }

    /// <summary>Hands everything to the device.</summary>
    public void Flush()
    {
        if (_length == 0)
            return;

        _port.Write(_pending[.._length]);
        _length = 0;
    }

    private void PutNewline()
    {
        if (Has(OutputModes.ONLRET))
            _column = 0;
        if (Has(OutputModes.ONLCR))
        {
            Emit((byte)'\r');
            _column = 0;
        }

        Emit((byte)'\n');
    }

    private void PutReturn()
    {
        if (Has(OutputModes.ONOCR) && _column == 0)
            return;
        if (Has(OutputModes.OCRNL))
        {
            if (Has(OutputModes.ONLRET))
                _column = 0;
            Emit((byte)'\n');
            return;
        }

        _column = 0;
        Emit((byte)'\r');
    }

    private void PutTab()
    {
        uint width = TabWidth - (_column % TabWidth);
        _column += width;
        if ((_modes & OutputModes.XTABS) != OutputModes.XTABS)
        {
            Emit((byte)'\t');
            return;
        }

        for (uint i = 0; i < width; i++)
            Emit((byte)' ');
    }

    private void PutOther(byte value)
    {
        if (value >= ' ' && value != LineDiscipline.Delete && !(_isUtf8 && LineDiscipline.IsContinuation(value)))
            _column++;
        if (Has(OutputModes.OLCUC) && value is >= (byte)'a' and <= (byte)'z')
            value -= 'a' - 'A';
        Emit(value);
    }

    private void Emit(byte value)
    {
        if (_length == _pending.Length)
            Flush();
        _pending[_length++] = value;
    }

    private readonly bool Has(OutputModes mode) => (_modes & mode) != 0;
}
