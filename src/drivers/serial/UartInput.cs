// Input of a serial line, by interrupt.
using Commence.Irq;
using Commence.Terminals;

namespace Commence.Drivers.Serial;

/// <summary>Moves received bytes from a UART to the console's input.</summary>
public sealed class UartInput : ConsoleInputSource
{
    // The FIFO holds 16; more in one interrupt means that they come while we read.
    private const int BytesPerInterruptMax = 256;

    private readonly Uart16550 _uart;
    private readonly ConsoleInput _input;

    public UartInput(Uart16550 uart, ConsoleInput input)
    {
        _uart = uart;
        _input = input;
    }

    /// <summary>Connects the line and lets the device interrupt.</summary>
    /// <param name="line">Its legacy interrupt line.</param>
    /// <returns>False if the line leads nowhere: there is no input then.</returns>
    /// <remarks>Context: thread.</remarks>
    public bool TryStart(int line)
    {
        if (!DeviceInterrupts.TryRequestLegacyLine(line, this))
            return false;
        _uart.EnableReceiveInterrupt();
        return true;
    }

    /// <inheritdoc/>
    public override void OnInterrupt()
    {
        int count = 0;
        while (count < BytesPerInterruptMax && _input.HasRoom && _uart.TryRead(out byte value))
        {
            _input.Push(value);
            count++;
        }

        if (count != 0)
            _input.Announce();
        if (_input.HasRoom)
            return;

        // What comes now stays in the device, and beyond its FIFO with the other side, if that looks at RTS as emulators do.
        _uart.DisableReceiveInterrupt();
        _input.Pause(this);
    }

    /// <inheritdoc/>
    public override void Resume() => _uart.EnableReceiveInterrupt();
}
