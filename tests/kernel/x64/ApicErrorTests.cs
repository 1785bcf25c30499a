// An error interrupt of the local APIC is counted, reported, and does no other harm.
using Commence.Arch.X64;
using Commence.Locking;

namespace Commence.Testing;

internal static class ApicErrorTests
{
    private readonly struct HasCounted(uint before) : IExpectation
    {
        public bool IsFulfilled => X64InterruptCounts.ApicErrors == before + 1;
    }

    [KernelTest]
    internal static void AnErrorInterruptIsReported()
    {
        if (!X64LocalApic.IsUsed)
            return; // nolapic: nobody raises such errors

        uint before = X64InterruptCounts.ApicErrors;
        using (LocalIrq.Disable())
            X64LocalApic.SendVector(X64LocalApic.Id, X64Vectors.ApicError);
        HasCounted counted = new(before);
        Expect.Soon(ref counted);
    }
}
