// Editing and echo of a terminal's input: what becomes of a typed character before a program reads it (Linux: N_TTY).
//
// Ring of SizeBytes bytes; positions count up for ever, their place in the ring is position mod SizeBytes:
//
//     _tail ≤ _lineHead ≤ _head ≤ _tail + SizeBytes
//       │        │          └ next byte typed goes here
//       │        └ canonical mode: end of the last complete line; from here to _head the line is still being edited
//       └ next byte read
//
// A set bit in _ends marks a byte that ends a line. An end of file is kept as a zero byte with that bit, and never copied out.
// Pure logic: no lock, no waiting, no signals. Tty holds its lock around every call and does what the results say.
//
// Source: POSIX.1-2017 chapter 11, General Terminal Interface; Linux termios(3) for ECHOCTL, ECHOKE, ECHOPRT, IMAXBEL, IUTF8.
using System;
using System.Runtime.CompilerServices;
using Commence.Abi;
using Commence.Signals;

namespace Commence.Terminals;

/// <summary>The input side of a terminal.</summary>
public sealed class LineDiscipline
{
    /// <summary>Bytes that can wait for a reader.</summary>
    public const int SizeBytes = 4096;

    /// <summary>The character DEL.</summary>
    internal const byte Delete = 0x7F;

    private const byte Bell = 7;
    private const uint TabWidth = 8;

    private Ring _ring;
    private Marks _ends;
    private ulong _head;
    private ulong _lineHead;
    private ulong _tail;

    private uint _lineColumn;       // where the cursor was when the line that is being edited began
    private bool _isLiteralNext;    // LNEXT was typed: the next character has no function
    private bool _isErasing;        // ECHOPRT: inside \…/

    [InlineArray(SizeBytes)]
    private struct Ring
    {
        private byte _first;
    }

    [InlineArray(SizeBytes / 64)]
    private struct Marks
    {
        private ulong _first;
    }

    /// <summary>Bytes that wait, complete lines or not.</summary>
    public int Count => (int)(_head - _tail);

    /// <summary>A whole line (or end of file) waits: what a canonical read needs.</summary>
    public bool HasLine => _lineHead != _tail;

    /// <summary>Whether another byte can be taken without losing it while there is something for a reader to make room with.</summary>
    /// <remarks>A line that has no end yet and has become too long loses bytes all the same: nobody can read it.</remarks>
    public bool HasRoom(in Termios termios) =>
        IsCanonical(in termios) ? !HasLine || Count < SizeBytes - 1 : Count < SizeBytes;

    /// <summary>Bytes that a reader could have now in the given mode (FIONREAD).</summary>
    public int CountReadable(in Termios termios)
    {
        if (!IsCanonical(in termios))
            return Count;

        int count = 0;
        for (ulong i = _tail; i != _lineHead; i++)
            count += IsEndOfFile(i) ? 0 : 1;
        return count;
    }

    /// <summary>Takes one typed byte.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="termios">The terminal's settings.</param>
    /// <param name="output">Where the echo goes.</param>
    /// <param name="isStopped">Output is held back by STOP; START and STOP change it.</param>
    /// <returns>The signal that the foreground process group gets, or none.</returns>
    public Signal Receive(byte value, in Termios termios, ref OutputProcessor output, ref bool isStopped)
    {
        if (Has(in termios, InputModes.ISTRIP))
            value &= 0x7F;
        if (Has(in termios, InputModes.IUCLC) && Has(in termios, LocalModes.IEXTEN) && value is >= (byte)'A' and <= (byte)'Z')
            value += 'a' - 'A';

        if (_isLiteralNext)
        {
            _isLiteralNext = false;
            Store(value, in termios, ref output);
            return Signal.None;
        }

        if (Has(in termios, InputModes.IXON) && IsFlowControl(value, in termios, ref isStopped))
            return Signal.None;
        if (TryMakeSignal(value, in termios, ref output, out Signal signal))
        {
            isStopped = false;
            return signal;
        }

        if (isStopped && Has(in termios, InputModes.IXON) && Has(in termios, InputModes.IXANY))
            isStopped = false;
        if (!TryTranslate(ref value, in termios))
            return Signal.None;

        if (IsCanonical(in termios))
            ReceiveCanonical(value, in termios, ref output);
        else
            Store(value, in termios, ref output);
        return Signal.None;
    }

    /// <summary>Moves bytes to a reader: in canonical mode at most one line.</summary>
    /// <param name="destination">Where they go; not empty.</param>
    /// <param name="termios">The terminal's settings.</param>
    /// <param name="isLineDone">Canonical mode: the line's end (or an end of file) was reached, so that the read is complete.</param>
    /// <returns>Bytes moved. 0 with <paramref name="isLineDone"/> is an end of file.</returns>
    public int Read(Span<byte> destination, in Termios termios, out bool isLineDone)
    {
        isLineDone = false;
        if (!IsCanonical(in termios))
            return ReadRaw(destination);

        int count = 0;
        while (_tail != _lineHead)
        {
            bool isEnd = IsMarked(_tail);
            if (IsEndOfFile(_tail))
            {
                // Also eaten when the buffer is just full: it belongs to the line that was read.
                Unmark(_tail++);
                isLineDone = true;
                return count;
            }

            if (count == destination.Length)
                return count;

            destination[count++] = At(_tail);
            Unmark(_tail++);
            if (isEnd)
            {
                isLineDone = true;
                return count;
            }
        }

        return count;
    }

    /// <summary>Throws away everything typed (TCIFLUSH, and signals without NOFLSH).</summary>
    public void Clear()
    {
        _tail = _lineHead = _head;
        _ends = default;
        _isLiteralNext = false;
        _isErasing = false;
    }

    /// <summary>Keeps what was typed usable when the settings change.</summary>
    /// <remarks>Into canonical mode: what waits counts as one complete line. Out of it: all of it can be read.</remarks>
    public void OnSettingsChanged(in Termios before, in Termios after)
    {
        if (IsCanonical(in before) == IsCanonical(in after))
            return;

        // Ends of file lose their mark, and are then the zero byte that Linux's readers see too.
        _ends = default;
        _lineHead = _tail;
        _isLiteralNext = false;
        _isErasing = false;
        if (!IsCanonical(in after) || Count == 0)
            return;

        Mark(_head - 1);
        _lineHead = _head;
    }

    /// <summary>Lines are edited before they are read.</summary>
    public static bool IsCanonical(in Termios termios) => Has(in termios, LocalModes.ICANON);

    /// <summary>A byte of a UTF-8 character after its first. Source: RFC 3629 §3.</summary>
    internal static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;

    private int ReadRaw(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, Count);
        for (int i = 0; i < count; i++)
            destination[i] = At(_tail + (ulong)i);
        _tail += (ulong)count;
        _lineHead = _tail;
        return count;
    }

    // START and STOP themselves are never read.
    private static bool IsFlowControl(byte value, in Termios termios, ref bool isStopped)
    {
        if (Is(value, in termios, ControlCharacter.Start))
        {
            isStopped = false;
            return true;
        }

        if (!Is(value, in termios, ControlCharacter.Stop))
            return false;

        isStopped = true;
        return true;
    }

    private bool TryMakeSignal(byte value, in Termios termios, ref OutputProcessor output, out Signal signal)
    {
        signal = !Has(in termios, LocalModes.ISIG) ? Signal.None
            : Is(value, in termios, ControlCharacter.Interrupt) ? Signal.SIGINT
            : Is(value, in termios, ControlCharacter.Quit) ? Signal.SIGQUIT
            : Is(value, in termios, ControlCharacter.Suspend) ? Signal.SIGTSTP
            : Signal.None;
        if (signal == Signal.None)
            return false;

        if (!Has(in termios, LocalModes.NOFLSH))
            Clear();
        if (Has(in termios, LocalModes.ECHO))
            Echo(value, in termios, ref output);
        return true;
    }

    private static bool TryTranslate(ref byte value, in Termios termios)
    {
        if (value == '\r')
        {
            if (Has(in termios, InputModes.IGNCR))
                return false;
            if (Has(in termios, InputModes.ICRNL))
                value = (byte)'\n';
        }
        else if (value == '\n' && Has(in termios, InputModes.INLCR))
        {
            value = (byte)'\r';
        }

        return true;
    }

    private void ReceiveCanonical(byte value, in Termios termios, ref OutputProcessor output)
    {
        bool isExtended = Has(in termios, LocalModes.IEXTEN);
        if (Is(value, in termios, ControlCharacter.Erase))
            EraseCharacter(in termios, ref output);
        else if (Is(value, in termios, ControlCharacter.Kill))
            EraseLine(in termios, ref output);
        else if (isExtended && Is(value, in termios, ControlCharacter.WordErase))
            EraseWord(in termios, ref output);
        else if (isExtended && Is(value, in termios, ControlCharacter.LiteralNext))
            BeginLiteral(in termios, ref output);
        else if (isExtended && Has(in termios, LocalModes.ECHO) && Is(value, in termios, ControlCharacter.Reprint))
            Reprint(value, in termios, ref output);
        else if (value == '\n')
            EndLine(value, Has(in termios, LocalModes.ECHO) || Has(in termios, LocalModes.ECHONL), in termios, ref output);
        else if (Is(value, in termios, ControlCharacter.EndOfFile))
            EndLine(0, isEchoed: false, in termios, ref output);
        else if (Is(value, in termios, ControlCharacter.EndOfLine) || (isExtended && Is(value, in termios, ControlCharacter.EndOfLine2)))
            EndLine(value, Has(in termios, LocalModes.ECHO), in termios, ref output);
        else
            Store(value, in termios, ref output);
    }

    // Adds an ordinary character. One place stays free in canonical mode, so that the line can still be ended.
    private void Store(byte value, in Termios termios, ref OutputProcessor output)
    {
        int room = SizeBytes - Count - (IsCanonical(in termios) ? 1 : 0);
        if (room <= 0)
        {
            if (Has(in termios, InputModes.IMAXBEL))
                output.Put(Bell);
            return;
        }

        if (Has(in termios, LocalModes.ECHO))
        {
            FinishErasing(ref output);
            if (_head == _lineHead)
                _lineColumn = output.Column;
            if (value == '\n')
                output.Put(value);
            else
                Echo(value, in termios, ref output);
        }

        Set(_head++, value);
    }

    private void EndLine(byte value, bool isEchoed, in Termios termios, ref OutputProcessor output)
    {
        FinishErasing(ref output);
        if (Count == SizeBytes)
        {
            // Only other ends of line can have taken the last place.
            if (Has(in termios, InputModes.IMAXBEL))
                output.Put(Bell);
            return;
        }

        if (isEchoed && value == '\n')
            output.Put(value);
        else if (isEchoed)
            Echo(value, in termios, ref output);

        Set(_head, value);
        Mark(_head++);
        _lineHead = _head;
    }

    private void BeginLiteral(in Termios termios, ref OutputProcessor output)
    {
        _isLiteralNext = true;
        if (!Has(in termios, LocalModes.ECHO))
            return;

        FinishErasing(ref output);
        if (_head == _lineHead)
            _lineColumn = output.Column;
        if (Has(in termios, LocalModes.ECHOCTL))
            output.Put("^\b"u8); // overwritten by the character that follows
    }

    private void Reprint(byte value, in Termios termios, ref OutputProcessor output)
    {
        FinishErasing(ref output);
        Echo(value, in termios, ref output);
        output.Put((byte)'\n');
        _lineColumn = output.Column;
        for (ulong i = _lineHead; i != _head; i++)
            Echo(At(i), in termios, ref output);
    }

    private void EraseCharacter(in Termios termios, ref OutputProcessor output)
    {
        if (_head == _lineHead)
            return;

        ulong start = PreviousCharacter(_head, in termios);
        if (!Has(in termios, LocalModes.ECHO))
            _head = start;
        else if (Has(in termios, LocalModes.ECHOPRT))
            EraseShowing(start, in termios, ref output);
        else if (Has(in termios, LocalModes.ECHOE))
            EraseVisibly(start, in termios, ref output);
        else
        {
            _head = start;
            Echo(termios.Characters.Get(ControlCharacter.Erase), in termios, ref output);
        }
    }

    // A word is letters, digits and underscores, and what is between it and the cursor.
    private void EraseWord(in Termios termios, ref OutputProcessor output)
    {
        ulong start = _head;
        bool isInWord = false;
        while (start != _lineHead)
        {
            ulong previous = PreviousCharacter(start, in termios);
            bool isWord = IsWordByte(At(previous));
            if (isInWord && !isWord)
                break;

            isInWord |= isWord;
            start = previous;
        }

        if (start == _head)
            return;
        if (!Has(in termios, LocalModes.ECHO))
            _head = start;
        else if (Has(in termios, LocalModes.ECHOPRT))
            EraseShowing(start, in termios, ref output);
        else
            EraseVisibly(start, in termios, ref output);
    }

    private void EraseLine(in Termios termios, ref OutputProcessor output)
    {
        if (_head == _lineHead)
            return;

        if (!Has(in termios, LocalModes.ECHO))
        {
            _head = _lineHead;
        }
        else if (Has(in termios, LocalModes.ECHOK) && Has(in termios, LocalModes.ECHOKE) && Has(in termios, LocalModes.ECHOE))
        {
            EraseVisibly(_lineHead, in termios, ref output);
        }
        else
        {
            _head = _lineHead;
            FinishErasing(ref output);
            Echo(termios.Characters.Get(ControlCharacter.Kill), in termios, ref output);
            if (Has(in termios, LocalModes.ECHOK))
                output.Put((byte)'\n');
        }
    }

    // Takes the characters from `start` on off the screen, last one first.
    private void EraseVisibly(ulong start, in Termios termios, ref OutputProcessor output)
    {
        while (_head != start)
        {
            ulong previous = PreviousCharacter(_head, in termios);
            uint width = WidthAt(previous, in termios);
            _head = previous;
            bool isTab = At(previous) == '\t';
            for (uint i = 0; i < width; i++)
                output.Put(isTab ? "\b"u8 : "\b \b"u8);
        }
    }

    // For terminals on paper: prints what is erased, backwards, after a backslash.
    private void EraseShowing(ulong start, in Termios termios, ref OutputProcessor output)
    {
        if (!_isErasing)
            output.Put((byte)'\\');
        _isErasing = true;
        while (_head != start)
        {
            ulong previous = PreviousCharacter(_head, in termios);
            for (ulong i = previous; i != _head; i++)
                Echo(At(i), in termios, ref output);
            _head = previous;
        }
    }

    private void FinishErasing(ref OutputProcessor output)
    {
        if (_isErasing)
            output.Put((byte)'/');
        _isErasing = false;
    }

    // The start of the character that ends before `position`, within the line that is being edited.
    private ulong PreviousCharacter(ulong position, in Termios termios)
    {
        ulong start = position - 1;
        if (!Has(in termios, InputModes.IUTF8))
            return start;

        while (start != _lineHead && IsContinuation(At(start)))
            start--;
        return start;
    }

    // Columns on the screen of the character at `position`, the last one of the line.
    private uint WidthAt(ulong position, in Termios termios)
    {
        if (At(position) != '\t')
            return Width(At(position), in termios);

        uint column = _lineColumn;
        for (ulong i = _lineHead; i != position; i++)
        {
            byte value = At(i);
            if (value == '\t')
                column += TabWidth - (column % TabWidth);
            else if (!(Has(in termios, InputModes.IUTF8) && IsContinuation(value)))
                column += Width(value, in termios);
        }

        return TabWidth - (column % TabWidth);
    }

    private static uint Width(byte value, in Termios termios) =>
        !IsControl(value) ? 1u : Has(in termios, LocalModes.ECHOCTL) ? 2u : 0u;

    private static void Echo(byte value, in Termios termios, ref OutputProcessor output)
    {
        if (IsControl(value) && value != '\t' && Has(in termios, LocalModes.ECHOCTL))
        {
            output.Put((byte)'^');
            output.Put((byte)(value ^ 0x40));
        }
        else
        {
            output.Put(value);
        }
    }

    private byte At(ulong position) => _ring[(int)(position % SizeBytes)];

    private void Set(ulong position, byte value)
    {
        _ring[(int)(position % SizeBytes)] = value;
        Unmark(position);
    }

    private void Mark(ulong position) => _ends[(int)(position % SizeBytes / 64)] |= 1UL << (int)(position % 64);

    private void Unmark(ulong position) => _ends[(int)(position % SizeBytes / 64)] &= ~(1UL << (int)(position % 64));

    private bool IsMarked(ulong position) => (_ends[(int)(position % SizeBytes / 64)] >> (int)(position % 64) & 1) != 0;

    private bool IsEndOfFile(ulong position) => IsMarked(position) && At(position) == 0;

    private static bool IsControl(byte value) => value < ' ' || value == Delete;

    private static bool IsWordByte(byte value) =>
        value is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9') or (byte)'_' or >= 0x80;

    // A special character of value 0 is switched off (_POSIX_VDISABLE).
    private static bool Is(byte value, in Termios termios, ControlCharacter function) =>
        value != 0 && termios.Characters.Get(function) == value;

    private static bool Has(in Termios termios, InputModes mode) => (termios.Input & mode) != 0;

    private static bool Has(in Termios termios, LocalModes mode) => (termios.Local & mode) != 0;
}
