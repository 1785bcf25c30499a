// Where assembly calls C# for the first time, on the boot processor and on every other.
using System.Runtime;
using Commence.Arch;
using Commence.Arch.X64;
using Commence.Init;
using Commence.Irq;

namespace Commence.Image;

internal static partial class Program
{
    // Made by the compiler: they are needed before anything can be allocated.
    private static readonly PcPlatform s_platform = new();
    private static readonly KernelTraps s_traps = new();

    /// <summary>The boot processor, from Entry.S.</summary>
    [RuntimeExport("KernelStart")]
    private static void StartBootProcessor(uint bootInformation, uint protocol)
    {
        X64Boot.InitialiseBootProcessor();
        TrapSink.Instance = s_traps;
        KernelParameters.Table = KernelParameterTable.Instance;
        PcPlatform.BootInformationAt = new PhysAddr(bootInformation);
        PcPlatform.BootProtocol = protocol;
        Platform.Instance = s_platform;
        Initcalls.Set = InitcallTable.Instance;
        AddTests();
        Start.BootProcessor();
    }

    // The test image gives the body (tests/kernel); in the kernel the call does not exist.
    static partial void AddTests();

    /// <summary>Every other processor, from Trampoline.S.</summary>
    [RuntimeExport("SecondaryStart")]
    private static void StartSecondary(nint bootPage) => X64SecondaryBoot.OnStart(bootPage);
}
