using Commence.Processes;
using Commence.Sched;
using Xunit;

namespace Commence.Tests.Process;

public class TaskLimitTests
{
    [Theory]
    [InlineData(0ul, 20ul)]                           // there may always be some
    [InlineData(4096ul, 128ul)]                       // 16 MiB: an eighth of them in stacks of 16 KiB
    [InlineData(262144ul, 8192ul)]
    [InlineData(1ul << 40, (ulong)TaskTable.NumberMax)]
    public void MemorySaysHowManyTasksThereMayBe(ulong pages, ulong tasks) => Assert.Equal(tasks, TaskLimit.MaxFor(pages));

    [Fact]
    public void AUsersTasksAreCountedUntilTheLastIsGone()
    {
        UserAccount first = UserAccount.TryEnter(4711)!;
        UserAccount other = UserAccount.TryEnter(4711 + 64)!; // the same bucket
        Assert.NotSame(first, other);
        Assert.Same(first, UserAccount.TryEnter(4711));

        Assert.False(first.TryAddTask(limit: 2));
        Assert.True(first.TryAddTask(limit: 3));
        Assert.True(other.TryAddTask(limit: 2));
        for (int i = 0; i < 3; i++)
            first.RemoveTask();
        Assert.False(other.TryAddTask(limit: 2));
        other.RemoveTask();
        other.RemoveTask();

        UserAccount again = UserAccount.TryEnter(4711)!;
        Assert.False(again.TryAddTask(limit: 1)); // it begins with one task, whatever there was before
        again.RemoveTask();
    }
}
