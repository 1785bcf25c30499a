using System.Linq;
using System.Threading;
using Commence.Sched;
using Xunit;

namespace Commence.Tests.Sched;

public class RwSemaphoreTests
{
    private RwSemaphore _semaphore;
    private Commence.Sched.Completion _go;
    private int _readers;
    private int _writers;

    [Fact]
    public void WritersAreAlone() => HostedKernel.Run(() =>
    {
        KernelThread[] threads = [.. Enumerable.Range(0, 8).Select(number => HostedKernel.Spawn(() =>
        {
            _go.Wait();
            for (int i = 0; i < 100; i++)
            {
                if ((i + number) % 5 == 0)
                    Write();
                else
                    Read();
            }
        }))];
        _go.CompleteAll();
        foreach (KernelThread thread in threads)
            thread.Join();
        Assert.True(_semaphore.TryWrite(out RwSemaphore.WriteGuard guard));
        Assert.True(_semaphore.IsHeldExclusively());
        guard.Dispose();
    });

    [Fact]
    public void ReadersShare() => HostedKernel.Run(() =>
    {
        using RwSemaphore.ReadGuard first = _semaphore.Read();
        KernelThread other = HostedKernel.Spawn(() =>
        {
            using RwSemaphore.ReadGuard guard = _semaphore.Read();
            return _semaphore.TryWrite(out _) ? 1 : 0;
        });
        Assert.Equal(0, other.Join());
    });

    [Fact]
    public void NewReaderWaitsBehindAWaitingWriter() => HostedKernel.Run(() =>
    {
        RwSemaphore.ReadGuard first = _semaphore.Read();
        KernelThread writer = HostedKernel.Spawn(() =>
        {
            using RwSemaphore.WriteGuard guard = _semaphore.Write();
        });
        HostedKernel.WaitUntil(() => writer.Task.State == TaskState.Uninterruptible, "the writer waits");
        Assert.False(_semaphore.TryRead(out _));
        first.Dispose();
        writer.Join();
        Assert.True(_semaphore.TryRead(out RwSemaphore.ReadGuard again));
        again.Dispose();
    });

    [Fact]
    public void ReadersBehindAKilledWriterGoOn() => HostedKernel.Run(() =>
    {
        RwSemaphore.ReadGuard first = _semaphore.Read();
        KernelThread writer = HostedKernel.Spawn(() => _semaphore.TryWriteKillable(out RwSemaphore.WriteGuard _) ? 1 : 0);
        HostedKernel.WaitUntil(() => writer.Task.State == TaskState.Killable, "the writer waits");
        KernelThread reader = HostedKernel.Spawn(() =>
        {
            using RwSemaphore.ReadGuard guard = _semaphore.Read();
        });
        HostedKernel.WaitUntil(() => reader.Task.State == TaskState.Uninterruptible, "the reader waits");
        writer.Task.AddWork(TaskWork.FatalSignal);
        Scheduler.WakeUp(writer.Task, TaskState.WakeKill);
        Assert.Equal(0, writer.Join());
        reader.Join(); // although the first reader still reads
        first.Dispose();
    });

    private void Write()
    {
        using RwSemaphore.WriteGuard guard = _semaphore.Write();
        Assert.Equal(1, Interlocked.Increment(ref _writers));
        Assert.Equal(0, Volatile.Read(ref _readers));
        Scheduler.Yield();
        Interlocked.Decrement(ref _writers);
    }

    private void Read()
    {
        using RwSemaphore.ReadGuard guard = _semaphore.Read();
        Interlocked.Increment(ref _readers);
        Assert.Equal(0, Volatile.Read(ref _writers));
        Scheduler.Yield();
        Interlocked.Decrement(ref _readers);
    }
}
