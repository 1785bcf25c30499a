// The 16550 UART: the serial lines of every PC.
//
// Output is polled, so that it works in every context. Input is taken by interrupt, or by polling from the tick where the
// machine has no interrupt for it.
//
// Source: National Semiconductor PC16550D data sheet, §8 "Registers".
using System;
using Commence.Debug;

namespace Commence.Drivers.Serial;

/// <summary>One serial line.</summary>
public sealed class Uart16550 : ConsoleDevice
{
    // Register offsets. With the divisor latch bit set, the first two hold the baud rate divisor.
    private const int Data = 0;
    private const int InterruptEnable = 1;
    private const int FifoControl = 2;
    private const int LineControl = 3;
    private const int ModemControl = 4;
    private const int LineStatus = 5;
    private const int Scratch = 7;

    private const byte InterruptOnReceive = 0x01;
    private const byte FifoEnableAndClear = 0x07;
    private const byte DivisorLatch = 0x80;
    private const byte ModemReadyInterruptsOut = 0x0B; // DTR, RTS, OUT2 (which gates the interrupt line on a PC)
    private const byte StatusDataReady = 0x01;
    private const byte StatusTransmitEmpty = 0x20;
    private const int FifoBytes = 16;

    // At 115200 baud a byte takes 87 µs; a device that takes none for this many polls is dead.
    private const int TransmitSpinsMax = 1_000_000;

    private IoPort _base;
    private bool _isDead;

    /// <summary>The line at <paramref name="basePort"/>; <see cref="TryInitialise"/> comes before any use.</summary>
    public Uart16550(IoPort basePort) => _base = basePort;

    /// <summary>The first of its ports.</summary>
    public IoPort BasePort => _base;

    /// <summary>Makes it the line at another place; <see cref="TryInitialise"/> or <see cref="IsThere"/> comes before any use.</summary>
    /// <remarks>Context: early boot, while nobody uses it.</remarks>
    public void MoveTo(IoPort basePort)
    {
        _base = basePort;
        _isDead = false;
    }

    /// <summary>Whether there is a UART at the port.</summary>
    public bool IsThere()
    {
        // An absent device reads as all ones and keeps nothing.
        _base.Offset(Scratch).Write8(0x5A);
        return _base.Offset(Scratch).Read8() == 0x5A;
    }

    /// <summary>Sets the line's speed and form, FIFO on.</summary>
    /// <returns>False if there is no UART at the port.</returns>
    public bool TryInitialise(SerialMode mode)
    {
        if (!IsThere())
            return false;

        _base.Offset(InterruptEnable).Write8(0);
        _base.Offset(LineControl).Write8(DivisorLatch);
        _base.Offset(Data).Write8((byte)mode.Divisor);
        _base.Offset(InterruptEnable).Write8((byte)(mode.Divisor >> 8));
        _base.Offset(LineControl).Write8(mode.LineControl);
        _base.Offset(FifoControl).Write8(FifoEnableAndClear);
        _base.Offset(ModemControl).Write8(ModemReadyInterruptsOut);
        return true;
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        int room = 0; // bytes that the FIFO takes without another look at the status
        foreach (byte value in bytes)
        {
            if (room == 0 && !TryWaitForRoom())
                return;
            _base.Offset(Data).Write8(value);
            room = room == 0 ? FifoBytes - 1 : room - 1;
        }
    }

    /// <summary>Takes one received byte.</summary>
    /// <remarks>Context: any; one reader at a time.</remarks>
    public bool TryRead(out byte value)
    {
        value = 0;
        if ((_base.Offset(LineStatus).Read8() & StatusDataReady) == 0)
            return false;
        value = _base.Offset(Data).Read8();
        return true;
    }

    /// <summary>Lets the line interrupt when bytes arrive.</summary>
    public void EnableReceiveInterrupt() => _base.Offset(InterruptEnable).Write8(InterruptOnReceive);

    /// <summary>Keeps the line from interrupting; bytes stay in its FIFO.</summary>
    public void DisableReceiveInterrupt() => _base.Offset(InterruptEnable).Write8(0);

    private bool TryWaitForRoom()
    {
        if (_isDead)
            return false;

        for (int spins = 0; spins < TransmitSpinsMax; spins++)
        {
            if ((_base.Offset(LineStatus).Read8() & StatusTransmitEmpty) != 0)
                return true;
            Cpu.Relax();
        }

        _isDead = true;
        return false;
    }
}
