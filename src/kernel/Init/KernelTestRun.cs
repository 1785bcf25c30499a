// The place of the tests that run inside the machine. Only the test image (tests/kernel) has any.
using System.Threading;

namespace Commence.Init;

/// <summary>What runs in place of the first program.</summary>
public abstract class KernelTestRun
{
    private static KernelTestRun? s_instance;

    /// <summary>The tests; null in the kernel itself, where the compiler leaves out what asks for them.</summary>
    public static KernelTestRun? Instance
    {
        get => Volatile.Read(ref s_instance);
        set => Volatile.Write(ref s_instance, value);
    }

    /// <summary>Runs all tests and switches the machine off.</summary>
    /// <remarks>Context: thread (pid 1), all processors online.</remarks>
    public abstract void Run();
}
