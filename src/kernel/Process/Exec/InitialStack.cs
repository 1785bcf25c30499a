// The stack that a program finds when it starts, built from its top downwards.
//
//   top    8 zero bytes
//          the path by which it was started
//          environment strings, argument strings: the first argument lowest
//          platform name, 16 random bytes
//          ── 16-byte aligned from below ──
//          auxiliary vector, ended by AT_NULL
//          pointers to the environment strings, null
//          pointers to the arguments, null
//   sp ─▶  number of arguments
//
// Source: System V AMD64 ABI §3.4.1 "Initial Stack and Register State"; getauxval(3).
using System;
using System.Buffers.Binary;
using Commence.Abi;
using Commence.Memory;
using Commence.Mm;

namespace Commence.Processes;

/// <summary>Where the strings of a program lie, for /proc.</summary>
internal struct ArgumentArea
{
    internal UserAddr ArgumentsStart;
    internal UserAddr ArgumentsEnd;
    internal UserAddr EnvironmentStart;
    internal UserAddr EnvironmentEnd;
}

/// <summary>Writes a stack into an address space that is not in use yet.</summary>
internal ref struct InitialStack
{
    /// <summary>Longest string, with its zero byte (Linux: <c>MAX_ARG_STRLEN</c>).</summary>
    internal const int StringLengthMax = 32 * Limits.PageSizeBytes;

    private const int RandomBytes = 16;
    private const int Alignment = 16;

    private readonly AddressSpace _memory;
    private readonly Span<byte> _scratch;
    private ulong _pointer;
    private readonly ulong _lowest;
    private int _argumentCount;
    private int _environmentCount;
    private ulong _environmentStart;
    private ulong _environmentEnd;
    private ulong _platform;
    private ulong _random;
    private ulong _path;

    /// <param name="memory">Where the stack is mapped.</param>
    /// <param name="top">Its end.</param>
    /// <param name="sizeMax">Bytes that strings and pointers may take.</param>
    /// <param name="scratch">Room to copy through, a page or so.</param>
    internal InitialStack(AddressSpace memory, UserAddr top, ulong sizeMax, Span<byte> scratch)
    {
        _memory = memory;
        _scratch = scratch;
        _pointer = top.Value - 8;
        _lowest = top.Value - sizeMax;
    }

    /// <summary>Pushes the path; before everything else.</summary>
    internal Errno PushPath(ReadOnlySpan<byte> path)
    {
        Errno error = PushString(path);
        _path = _pointer;
        return error;
    }

    /// <summary>Pushes the environment.</summary>
    internal Errno PushEnvironment<TList>(in TList list)
        where TList : struct, IStringList
    {
        _environmentEnd = _pointer;
        Errno error = PushList(in list, out _environmentCount);
        _environmentStart = _pointer;
        return error;
    }

    /// <summary>Pushes the arguments; after the environment. If there are none, an empty one is made, as Linux does.</summary>
    internal Errno PushArguments<TList>(in TList list)
        where TList : struct, IStringList
    {
        Errno error = PushList(in list, out _argumentCount);
        if (error != Errno.None || _argumentCount != 0)
            return error;
        return PushArgument(default);
    }

    /// <summary>Puts an argument before all others: the interpreter of a script.</summary>
    internal Errno PushArgument(ReadOnlySpan<byte> text)
    {
        _argumentCount++;
        return PushString(text);
    }

    /// <summary>Takes the first argument away: a script's own name for itself.</summary>
    internal Errno DropFirstArgument()
    {
        ulong at = _pointer;
        while (true)
        {
            int count = _memory.ReadForeign(new UserAddr(at), _scratch[..(int)Math.Min((ulong)_scratch.Length, _environmentStart - at)]);
            int end = _scratch[..count].IndexOf((byte)0);
            if (end >= 0)
            {
                _pointer = at + (ulong)end + 1;
                _argumentCount--;
                return Errno.None;
            }

            if (count == 0)
                return Errno.EFAULT;
            at += (ulong)count;
        }
    }

    /// <summary>Finishes the stack.</summary>
    /// <param name="image">Where the program lies.</param>
    /// <param name="identity">Who it runs as.</param>
    /// <param name="stackPointer">What its stack pointer is to be.</param>
    /// <param name="area">Where its strings lie.</param>
    internal Errno Finish(in ProgramImage image, in ProgramIdentity identity, out UserAddr stackPointer, out ArgumentArea area)
    {
        stackPointer = default;
        area = new ArgumentArea
        {
            ArgumentsStart = new UserAddr(_pointer),
            ArgumentsEnd = new UserAddr(_environmentStart),
            EnvironmentStart = new UserAddr(_environmentStart),
            EnvironmentEnd = new UserAddr(_environmentEnd),
        };
        ulong strings = _pointer;
        Errno error = PushString(UserAbi.MachineName);
        _platform = _pointer;
        if (error == Errno.None)
            error = PushRandom();
        if (error != Errno.None)
            return error;

        // The vector goes up from the aligned stack pointer; its size is known before.
        const int AuxiliaryEntries = 20;
        ulong words = 1 + (ulong)_argumentCount + 1 + (ulong)_environmentCount + 1 + (2 * AuxiliaryEntries);
        ulong start = (_pointer - (words * sizeof(ulong))) & ~(ulong)(Alignment - 1);
        if (start < _lowest - Limits.PageSizeBytes)
            return Errno.E2BIG;

        VectorWriter vector = new(_memory, start, _scratch[..(_scratch.Length / 2)]);
        vector.Put((ulong)_argumentCount);
        PutPointers(ref vector, strings, _argumentCount, _environmentStart);
        PutPointers(ref vector, _environmentStart, _environmentCount, _environmentEnd);
        PutAuxiliary(ref vector, in image, in identity);
        if (!vector.TryFlush())
            return Errno.ENOMEM;

        stackPointer = new UserAddr(start);
        return Errno.None;
    }

    private readonly void PutAuxiliary(ref VectorWriter vector, in ProgramImage image, in ProgramIdentity identity)
    {
        const ulong ClockTicks = 100;
        vector.Put(AuxiliaryType.AT_HWCAP, UserAbi.HardwareCapabilities);
        vector.Put(AuxiliaryType.AT_PAGESZ, Limits.PageSizeBytes);
        vector.Put(AuxiliaryType.AT_CLKTCK, ClockTicks);
        vector.Put(AuxiliaryType.AT_PHDR, image.ProgramHeaders.Value);
        vector.Put(AuxiliaryType.AT_PHENT, Firmware.Elf.ElfSegment.SizeBytes);
        vector.Put(AuxiliaryType.AT_PHNUM, (ulong)image.ProgramHeaderCount);
        vector.Put(AuxiliaryType.AT_BASE, image.InterpreterBase.Value);
        vector.Put(AuxiliaryType.AT_FLAGS, 0);
        vector.Put(AuxiliaryType.AT_ENTRY, image.Entry.Value);
        vector.Put(AuxiliaryType.AT_UID, identity.UserId);
        vector.Put(AuxiliaryType.AT_EUID, identity.EffectiveUserId);
        vector.Put(AuxiliaryType.AT_GID, identity.GroupId);
        vector.Put(AuxiliaryType.AT_EGID, identity.EffectiveGroupId);
        vector.Put(AuxiliaryType.AT_SECURE, identity.IsSecure ? 1u : 0);
        vector.Put(AuxiliaryType.AT_RANDOM, _random);
        vector.Put(AuxiliaryType.AT_HWCAP2, UserAbi.HardwareCapabilities2);
        vector.Put(AuxiliaryType.AT_EXECFN, _path);
        vector.Put(AuxiliaryType.AT_PLATFORM, _platform);
        vector.Put(AuxiliaryType.AT_MINSIGSTKSZ, (ulong)SignalFrame.SizeBytesMax);
        vector.Put(AuxiliaryType.AT_NULL, 0);
    }

    // The strings lie one after the other: each zero byte but the last has a pointer to what follows it.
    private readonly void PutPointers(ref VectorWriter vector, ulong start, int count, ulong end)
    {
        Span<byte> window = _scratch[(_scratch.Length / 2)..];
        ulong at = start;
        bool isAtStart = true;
        while (count > 0 && at < end)
        {
            int length = (int)Math.Min((ulong)window.Length, end - at);
            int read = _memory.ReadForeign(new UserAddr(at), window[..length]);
            if (read == 0)
                break;

            for (int i = 0; i < read && count > 0; i++)
            {
                if (isAtStart)
                {
                    vector.Put(at + (ulong)i);
                    count--;
                }

                isAtStart = window[i] == 0;
            }

            at += (ulong)read;
        }

        vector.Put(0);
    }

    private Errno PushList<TList>(in TList list, out int count)
        where TList : struct, IStringList
    {
        count = 0;
        ulong room = _pointer - _lowest;
        Result<int> counted = list.Count((int)(room / sizeof(ulong)));
        if (!counted.IsOk)
            return counted.Error;

        count = counted.Value;
        for (int i = count - 1; i >= 0; i--)
        {
            Errno error = PushFrom(in list, i);
            if (error != Errno.None)
                return error;
        }

        return Errno.None;
    }

    private Errno PushFrom<TList>(in TList list, int index)
        where TList : struct, IStringList
    {
        Result<int> measured = list.Measure(index, _scratch, StringLengthMax - 1);
        if (!measured.IsOk)
            return measured.Error;

        int left = measured.Value;
        Errno error = PushBytes("\0"u8);
        while (left > 0 && error == Errno.None)
        {
            int length = Math.Min(left, _scratch.Length);
            left -= length;
            error = list.TryRead(index, left, _scratch[..length]) ? PushBytes(_scratch[..length]) : Errno.EFAULT;
        }

        return error;
    }

    private Errno PushRandom()
    {
        Span<byte> random = stackalloc byte[RandomBytes];
        Fs.RandomPool.Fill(random);
        Errno error = PushBytes(random);
        _random = _pointer;
        return error;
    }

    private Errno PushString(scoped ReadOnlySpan<byte> text)
    {
        Errno error = PushBytes("\0"u8);
        return error != Errno.None ? error : PushBytes(text);
    }

    private Errno PushBytes(scoped ReadOnlySpan<byte> bytes)
    {
        if (_pointer - _lowest < (ulong)bytes.Length)
            return Errno.E2BIG;

        _pointer -= (ulong)bytes.Length;
        return _memory.WriteForeign(new UserAddr(_pointer), bytes) == bytes.Length ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>Writes words upwards, through a buffer.</summary>
    private ref struct VectorWriter
    {
        private readonly AddressSpace _memory;
        private readonly Span<byte> _buffer;
        private ulong _at;
        private int _length;
        private bool _hasFailed;

        internal VectorWriter(AddressSpace memory, ulong at, Span<byte> buffer)
        {
            _memory = memory;
            _buffer = buffer;
            _at = at;
        }

        internal void Put(AuxiliaryType type, ulong value)
        {
            Put((ulong)type);
            Put(value);
        }

        internal void Put(ulong word)
        {
            if (_length + sizeof(ulong) > _buffer.Length)
                _hasFailed |= !TryFlush();
            BinaryPrimitives.WriteUInt64LittleEndian(_buffer[_length..], word);
            _length += sizeof(ulong);
        }

        internal bool TryFlush()
        {
            _hasFailed |= _memory.WriteForeign(new UserAddr(_at), _buffer[.._length]) != _length;
            _at += (ulong)_length;
            _length = 0;
            return !_hasFailed;
        }
    }
}
