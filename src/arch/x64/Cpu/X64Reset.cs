// The last way to restart: a fault without a table of handlers. The processor cannot report it, nor that it cannot.
// Source: SDM Vol 3A §6.15 "Exception and Interrupt Reference", Interrupt 8 (double fault): shutdown mode.
using System.Threading;

namespace Commence.Arch.X64;

/// <summary>Resets by the processor itself.</summary>
public static class X64Reset
{
    private const ulong NonCanonical = 0x8000_0000_0000_0000;

    /// <summary>Faults three times at once, upon which a PC resets itself.</summary>
    /// <remarks>Context: any. IRQs: off. Nothing can run afterwards.</remarks>
    public static void TripleFault()
    {
        X64DescriptorTables.TablePointer none = default;
        X64Instructions.LoadIdt(in none);
        // SAFETY: no memory is there: the access faults on every processor, which is the purpose.
        unsafe
        {
            _ = Volatile.Read(ref *(byte*)NonCanonical);
        }
    }
}
