// How processors compare, and the memory types that they must share.
using System;
using System.Text;
using Commence.Firmware.Cpus;
using Commence.Firmware.X86;
using Commence.Lib;
using Xunit;

namespace Commence.Tests.Firmware.X86;

public class FeatureTests
{
    private static CpuTraits Traits(string machine)
    {
        RecordedCpu cpu = RecordedCpu.Machine(machine)[0];
        FeatureWords.Read(in cpu, out CpuTraits traits);
        return traits;
    }

    private static CpuTraits Without(CpuTraits traits, TraitWord word, int bit)
    {
        traits[(int)word] &= ~(1u << bit);
        return traits;
    }

    private static string Differences(CpuTraits first, CpuTraits other)
    {
        TextWriter text = new(new byte[2000]);
        bool differs = FeatureWords.TryDescribeDifferences(in first, in other, ref text);
        Assert.Equal(differs, text.Length > 0);
        return Encoding.UTF8.GetString(text.Text);
    }

    private static string Missing(CpuTraits first, CpuTraits other)
    {
        TextWriter text = new(new byte[2000]);
        bool isMissing = FeatureWords.TryDescribeMissing(in first, in other, ref text);
        Assert.Equal(!isMissing, FeatureWords.IsFit(in first, in other));
        return isMissing ? Encoding.UTF8.GetString(text.Text) : "";
    }

    [Theory]
    [InlineData("max-8-2s2c2t")]
    [InlineData("skylake-4-1s2c2t")]
    [InlineData("epyc-8-2s2c2t")]
    public void ProcessorsOfOneMachineAreAlike(string name)
    {
        CpuTraits first = Traits(name);
        foreach (RecordedCpu cpu in RecordedCpu.Machine(name))
        {
            FeatureWords.Read(in cpu, out CpuTraits other);
            Assert.Equal("", Differences(first, other));
            Assert.Equal("", Missing(first, other));
        }
    }

    [Fact]
    public void EachDifferenceIsNamed()
    {
        CpuTraits first = Traits("skylake-4-1s2c2t");
        CpuTraits other = Without(Without(first, TraitWord.Leaf7Ebx, 5), TraitWord.Leaf1Ecx, 25);
        other[(int)TraitWord.Version]++;
        other[(int)TraitWord.Microcode] = 7;
        other[(int)TraitWord.AddressSizes] = 0x3027;
        other[(int)TraitWord.Leaf7Edx] |= 1 << 26;
        Assert.Equal(
            "lacks aes avx2; has besides 7.edx[26]; stepping 5 instead of 4; microcode 7 instead of 0; physical address bits 39 instead of 40",
            Differences(first, other));
        Assert.Contains("another vendor", Differences(first, Traits("epyc-8-2s2c2t")));
        Assert.Contains("family 23 instead of 6", Differences(first, Traits("epyc-8-2s2c2t")));
    }

    [Fact]
    public void OnlyWhatAllHaveIsShown()
    {
        CpuTraits first = Traits("skylake-4-1s2c2t");
        CpuTraits all = first;
        FeatureWords.Intersect(ref all, Without(first, TraitWord.Leaf7Ebx, 5));
        CpuTraits narrow = first;
        narrow[(int)TraitWord.AddressSizes] = 0x3927;
        FeatureWords.Intersect(ref all, in narrow);

        TextWriter text = new(new byte[2000]);
        FeatureWords.AppendNames(ref text, in all, TraitWord.Leaf7Ebx);
        string names = Encoding.UTF8.GetString(text.Text);
        Assert.DoesNotContain(" avx2", names);
        Assert.Contains(" smep", names);
        Assert.Equal(0x3027u, all[(int)TraitWord.AddressSizes]);
        Assert.Equal(first[(int)TraitWord.Version], all[(int)TraitWord.Version]);
    }

    [Fact]
    public void AProcessorThatLacksWhatTheKernelUsesIsNotFit()
    {
        CpuTraits first = Traits("max-8-2s2c2t");
        Assert.Equal(" smap", Missing(first, Without(first, TraitWord.Leaf7Ebx, 20)));
        Assert.Equal(" avx", Missing(first, Without(first, TraitWord.Leaf1Ecx, 28)));
        Assert.Equal("", Missing(first, Without(first, TraitWord.Leaf1Ecx, 25)));                   // aes: programs' own affair
        Assert.Equal("", Missing(Without(first, TraitWord.Leaf7Ebx, 20), first));                  // more than the first does no harm
        CpuTraits old = Without(first, TraitWord.Leaf1Edx, 16);
        Assert.Equal(" pat", Missing(old, old));                                                   // not even the first may lack this
    }

    [Fact]
    public void WhatTheSystemSwitchesOnIsNoDifference()
    {
        RecordedCpu before = RecordedCpu.Intel().With(1, 0, 0x506E3, 0x0000_0800, 1 << 26, 0).With(7, 0, 0, 0, 1 << 3, 0);
        RecordedCpu after = RecordedCpu.Intel().With(1, 0, 0x506E3, 0x0100_0800, 1 << 26 | 1 << 27, 0).With(7, 0, 0, 0, 1 << 3 | 1 << 4, 0);
        FeatureWords.Read(in before, out CpuTraits first);
        FeatureWords.Read(in after, out CpuTraits other);
        Assert.Equal("", Differences(first, other));
    }

    private static MemoryTypeRegisters Mtrrs()
    {
        MemoryTypeRegisters registers = default;
        registers.SetCapabilities(0x508); // 8 variable ranges, fixed ones, write-combining
        registers.DefaultType = 0xC06;
        registers.Fixed[3] = 0x0606;
        registers.Bases[0] = 0xC000_0000;
        registers.Masks[0] = 0xFF_C000_0800;
        return registers;
    }

    [Fact]
    public void MemoryTypesCompareByWhatIsInForce()
    {
        MemoryTypeRegisters first = Mtrrs();
        MemoryTypeRegisters other = Mtrrs();
        Assert.True(first.IsEquivalentTo(in other));

        other.Bases[5] = 0x1234_0000; // not valid: no matter
        Assert.True(first.IsEquivalentTo(in other));
        other.Masks[5] = 0x800;
        Assert.False(first.IsEquivalentTo(in other) || other.IsEquivalentTo(in first));

        other = Mtrrs();
        other.Fixed[3] = 0;
        Assert.False(first.IsEquivalentTo(in other));
        first.DefaultType = other.DefaultType = 0x806; // fixed ranges are off
        Assert.True(first.IsEquivalentTo(in other));

        other.DefaultType = 0; // as after reset
        Assert.False(first.IsEquivalentTo(in other) || other.IsEquivalentTo(in first));
        first.DefaultType = 6; // type and all, but off as well
        Assert.True(first.IsEquivalentTo(in other));
    }

    [Fact]
    public void MoreRangesThanAreKeptAreCut()
    {
        MemoryTypeRegisters registers = default;
        registers.SetCapabilities(0xFF);
        Assert.Equal((MemoryTypeRegisters.VariableCountMax, false), (registers.VariableCount, registers.HasFixed));
        Assert.Equal(MemoryTypeRegisters.VariableCountMax, registers.Masks.Length);
    }
}
