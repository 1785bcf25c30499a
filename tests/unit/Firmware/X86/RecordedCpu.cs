// CPUID leaves as a processor gave them: recorded ones (tests/fixtures/cpuid, one file a machine), and ones made up.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Commence.Firmware.X86;

namespace Commence.Tests.Firmware.X86;

/// <summary>A processor whose leaves are in a table.</summary>
internal readonly struct RecordedCpu : ICpuIdSource
{
    private readonly Dictionary<(uint Leaf, uint Subleaf), CpuIdLeaf> _leaves = [];

    /// <summary>What every leaf that is not in the table gives, whatever its sublevel; null for zeros.</summary>
    public Func<uint, uint, CpuIdLeaf>? Otherwise { get; init; }

    public RecordedCpu()
    {
    }

    public CpuIdLeaf Read(uint leaf, uint subleaf) =>
        _leaves.TryGetValue((leaf, subleaf), out CpuIdLeaf registers) ? registers : Otherwise?.Invoke(leaf, subleaf) ?? default;

    public RecordedCpu With(uint leaf, uint subleaf, uint eax, uint ebx, uint ecx, uint edx)
    {
        _leaves[(leaf, subleaf)] = new CpuIdLeaf { Eax = eax, Ebx = ebx, Ecx = ecx, Edx = edx };
        return this;
    }

    public static RecordedCpu Intel(uint version = 0x506E3) => new RecordedCpu().With(0, 0, 0x20, 0x756E6547, 0x6C65746E, 0x49656E69).With(1, 0, version, 0, 0, 0);

    public static RecordedCpu Amd(uint version = 0x800F12) => new RecordedCpu().With(0, 0, 0xD, 0x68747541, 0x444D4163, 0x69746E65).With(1, 0, version, 0, 0, 0);

    /// <summary>The processors of a recorded machine, in order.</summary>
    public static List<RecordedCpu> Machine(string name)
    {
        List<RecordedCpu> cpus = [];
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "fixtures", "cpuid", name + ".txt")))
        {
            string[] words = line.Split(' ');
            if (words[0] == "cpu")
            {
                cpus.Add(new RecordedCpu());
                continue;
            }

            uint[] numbers = [.. words.Select(word => uint.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            cpus[^1].With(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
        }

        return cpus;
    }
}
