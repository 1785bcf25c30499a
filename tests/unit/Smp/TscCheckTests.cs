// Counters that disagree are found, in either direction; counters that agree are not suspected.
using System;
using System.Diagnostics;
using System.Threading;
using Commence.Firmware.Cpus;
using Commence.Lib;
using Commence.Smp;
using Commence.Tests.Sched;
using Xunit;

namespace Commence.Tests.Smp;

public class TscCheckTests
{
    private const ulong OffsetMax = 1_000_000_000;

    private readonly struct Counter(ulong offset) : ITscCounter
    {
        // Far from 0, so that an offset can be subtracted; after all loads before it, as the kernel's is.
        public ulong Read()
        {
            Interlocked.MemoryBarrier();
            return (ulong)Stopwatch.GetTimestamp() + OffsetMax + offset;
        }
    }

    private sealed class Board
    {
        public ulong BootSample;
        public TscSlot Slot;
        public bool IsDone;
    }

    // The two look at each other until each has looked so often, or until something was found.
    private static TscSlot Compare(ulong bootOffset, ulong otherOffset)
    {
        const int Turns = 200_000;
        Board board = new();
        Thread other = new(() =>
        {
            for (int i = 0; i < Turns; i++)
                board.Slot.Look(ref board.BootSample, new Counter(otherOffset));
            Volatile.Write(ref board.IsDone, true);
        });
        other.Start();
        while (!Volatile.Read(ref board.IsDone))
            board.Slot.LookFromBoot(ref board.BootSample, new Counter(bootOffset));
        other.Join();
        return board.Slot;
    }

    [Fact]
    public void CountersThatAgreeAreNotSuspected() => Assert.Equal(0u, Compare(0, 0).WarpMax);

    [Fact]
    public void ACounterThatIsBehindIsFound()
    {
        TscSlot slot = Compare(bootOffset: OffsetMax, otherOffset: 0);
        Assert.InRange(slot.Behind, 1u, OffsetMax);
        Assert.Equal(0u, slot.Ahead);
    }

    // Looking alone proves nothing, however long.
    [Fact]
    public void WhoSeesNothingNewHasNotMetTheBootProcessor()
    {
        Board board = new();
        for (int i = 0; i < 100; i++)
            board.Slot.Look(ref board.BootSample, new Counter(0));
        board.Slot.LookFromBoot(ref board.BootSample, new Counter(0));
        for (int i = 0; i < 100; i++)
            board.Slot.Look(ref board.BootSample, new Counter(0));
        Assert.False(board.Slot.HasMet);

        board.Slot.LookFromBoot(ref board.BootSample, new Counter(0));
        board.Slot.Look(ref board.BootSample, new Counter(0));
        Assert.True(board.Slot.HasMet);
    }

    // All but the caller, who may move in between.
    [Fact]
    public void WhoWasAloneIsCalledForAComparison() => HostedKernel.Run(() =>
    {
        CpuMask online = Processors.Online;
        HostedKernel.WaitUntil(
            () =>
            {
                TscCheck.Meet(in online);
                int met = 0;
                foreach (CpuId cpu in online)
                    met += Processors.Get(cpu).Tsc.HasMet ? 1 : 0;
                return met >= online.Count - 1;
            },
            "they have met");
    });

    [Theory]
    [InlineData(5, 5, 0, 0, false)]
    [InlineData(7, 5, 0, 0, true)]
    [InlineData(7, 5, 1, 0, false)] // in another package it may be what makes the counters agree
    public void AnOffsetIsAMistakeWithinAPackageOnly(ulong own, ulong boot, uint package, uint bootPackage, bool isMistake) =>
        Assert.Equal(isMistake, TscOffset.IsMistake(own, boot, new CpuPlace(package, 0, 1, 0), new CpuPlace(bootPackage, 0, 0, 0)));

    [Fact]
    public void ACounterThatIsAheadIsFound()
    {
        TscSlot slot = Compare(bootOffset: 0, otherOffset: OffsetMax);
        Assert.InRange(slot.Ahead, 1u, OffsetMax);
        Assert.Equal(0u, slot.Behind);
    }
}
