// Which errata and weaknesses this processor has, and what is done about each.
//
// What 32-bit kernels looked for here (a coprocessor whose exceptions come by interrupt 13, the first Pentiums' division, F0 0F C7 C8, HLT
// that does not wake) belongs to processors without 64-bit mode, on which this kernel does not start.
using System;
using Commence.Arch;
using Commence.Lib;
using Commence.Memory;
using Commence.Smp;

namespace Commence.Init;

/// <summary>Finds out and says so (Linux: <c>check_bugs</c>, <c>cpu_select_mitigations</c>).</summary>
internal static class BugCheck
{
    private const int LineMax = 160;

    /// <summary>What <c>mitigations=</c> says.</summary>
    internal enum MitigationUse
    {
        Auto,
        Off,
    }

    /// <summary><c>mitigations=</c>: whether anything is done that costs.</summary>
    [KernelParameter("mitigations", Early = true, Help = "off: nothing is done against speculative-execution attacks that costs time")]
    internal static MitigationUse Use { get; set; }

    /// <summary><c>spec_store_bypass_disable=</c>.</summary>
    [KernelParameter("spec_store_bypass_disable", Early = true, Help = "on: loads wait for the addresses of earlier stores, on every processor that can")]
    internal static bool IsStoreBypassOff { get; set; }

    /// <summary>Runs on the boot processor, before the others start: they do what is chosen here when they enable their units.</summary>
    /// <remarks>Context: boot processor, after <c>new</c> works.</remarks>
    internal static void Run()
    {
        CheckBugsOptions options = new()
        {
            IsOff = Use == MitigationUse.Off,
            DisablesStoreBypass = IsStoreBypassOff,
            MemoryEnd = KernelMemory.Memblock.MemoryEnd,
        };
        CpuInfo.CheckBugs(in Processors.Get(new CpuId(0)).Description, in options);
        Span<byte> buffer = stackalloc byte[LineMax];
        for (int i = 0; i < CpuInfo.VulnerabilityCount; i++)
        {
            if (!CpuInfo.IsAffected(i))
                continue;
            TextWriter text = new(buffer);
            CpuInfo.FormatVulnerability(i, ref text);
            Printk.Info($"{CpuInfo.VulnerabilityTitle(i)}: {text.Text}");
        }
    }
}
