// Starting processors of a HostedMachine: the hardware's number is the kernel's, and a boot page is a name for one.
using System.Collections.Generic;

namespace Commence.Arch.Hosted;

/// <inheritdoc cref="ISecondaryBoot"/>
public readonly struct HostedSecondaryBoot : ISecondaryBoot
{
    private static readonly Dictionary<(HostedMachine, ulong), BootPage> s_pages = []; // also its lock

    /// <inheritdoc/>
    public static int AreaSizeBytes => Limits.PageSizeBytes;

    /// <inheritdoc/>
    public static bool IsDelivered => true;

    /// <inheritdoc/>
    public static Nanoseconds ResetDelay => new(0);

    /// <inheritdoc/>
    public static PhysAddr OpenStartTable(PhysAddr kernelRoot) => kernelRoot;

    /// <inheritdoc/>
    public static void CloseStartTable()
    {
    }

    /// <inheritdoc/>
    public static void Prepare(
        Pfn page, PhysAddr startTable, PhysAddr kernelRoot, CpuId cpu, ApicId hardwareId, in ProcessorMemory memory)
    {
        lock (s_pages)
            s_pages[(Machine, page.Value)] = new BootPage(cpu);
    }

    /// <inheritdoc/>
    /// <remarks>Host threads know who they are.</remarks>
    public static void PrepareStartPage(Pfn page)
    {
    }

    /// <inheritdoc/>
    public static BootStage ReadStage(Pfn page)
    {
        lock (s_pages)
            return s_pages[(Machine, page.Value)].Stage;
    }

    /// <inheritdoc/>
    public static bool TryReadFault(Pfn page, out StartFault fault)
    {
        fault = default;
        return false;
    }

    /// <inheritdoc/>
    public static bool NeedsStartVector => false;

    /// <inheritdoc/>
    public static void SetStartVector(Pfn page)
    {
    }

    /// <inheritdoc/>
    public static void ClearStartVector()
    {
    }

    /// <inheritdoc/>
    public static void Reset(ApicId cpu)
    {
    }

    /// <inheritdoc/>
    public static void EndReset(ApicId cpu)
    {
    }

    /// <inheritdoc/>
    /// <remarks>A start message to a processor that runs is ignored, as on a PC.</remarks>
    public static void Start(ApicId cpu, Pfn page)
    {
        HostedMachine machine = Machine;
        BootPage boot;
        lock (s_pages)
        {
            boot = s_pages[(machine, page.Value)];
            if (boot.Stage != BootStage.None)
                return;
            boot.Stage = BootStage.Kernel;
        }

        machine.Start(machine[(int)cpu.Value], areInterruptsEnabled: false, () => TrapSink.Instance.OnSecondaryStart(boot.Cpu));
    }

    /// <inheritdoc/>
    public static uint ReadAndClearErrors() => 0;

    /// <inheritdoc/>
    public static void CompleteBootProcessor(in ProcessorMemory memory)
    {
    }

    /// <inheritdoc/>
    public static void LoadTaskState()
    {
    }

    private static HostedMachine Machine =>
        HostedMachine.Current ?? throw new InvalidOperationException("processors start on a HostedMachine: run the test on one");

    private sealed class BootPage(CpuId cpu)
    {
        public CpuId Cpu { get; } = cpu;

        public BootStage Stage { get; set; }
    }
}
