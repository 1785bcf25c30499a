using Commence.Arch.Hosted;
using Commence.Locking;
using Xunit;

namespace Commence.Tests.Locking;

public class SeqLockTests
{
    private SeqLock _lock;
    private ulong _first;
    private ulong _second;

    [Fact]
    public void ReaderNoticesAWriter()
    {
        using HostedMachine machine = new(1);
        using var processor = machine.Enter(0);
        uint sequence = _lock.BeginRead();
        Assert.False(_lock.IsStale(sequence));
        using (SeqLock.WriteGuard guard = _lock.Write())
            Assert.True(_lock.IsStale(sequence));
        Assert.True(_lock.IsStale(sequence));
        Assert.False(_lock.IsStale(_lock.BeginRead()));
    }

    [Fact]
    public void ReadersNeverSeeHalfAWrite()
    {
        const ulong Writes = 5000;
        int torn = 0;
        using HostedMachine machine = new(2);
        machine.Run(cpu =>
        {
            if (cpu.Value == 0)
                Write(Writes);
            else
                torn = CountTorn(Writes);
        });
        Assert.Equal(0, torn);
    }

    private void Write(ulong count)
    {
        for (ulong i = 1; i <= count; i++)
        {
            using SeqLock.WriteGuard guard = _lock.Write();
            _first = i;
            _second = i * 3;
        }
    }

    private int CountTorn(ulong last)
    {
        int torn = 0;
        ulong first = 0;
        while (first != last)
        {
            uint sequence = _lock.BeginRead();
            first = System.Threading.Volatile.Read(ref _first);
            ulong second = System.Threading.Volatile.Read(ref _second);
            if (_lock.IsStale(sequence))
                first = 0;
            else if (second != first * 3)
                torn++;
            HostedCpu.Relax();
        }

        return torn;
    }
}
