using Commence.Arch;
using Commence.Memory;
using Xunit;

namespace Commence.Tests.Memory;

public class UserMemoryTests
{
    private static readonly ulong s_end = AddressLayout.UserEnd.Value;

    // Nobody resolves faults here: an access that is let through fails, whatever test ran before.
    public UserMemoryTests() => TrapSink.Instance = null!;

    [Fact]
    public void RangesThatLeaveUserSpaceAreRefused()
    {
        Assert.True(UserMemory.IsInRange(new UserAddr(0), 0));
        Assert.True(UserMemory.IsInRange(new UserAddr(0), s_end));
        Assert.True(UserMemory.IsInRange(new UserAddr(s_end), 0));
        Assert.True(UserMemory.IsInRange(new UserAddr(s_end - 1), 1));
        Assert.False(UserMemory.IsInRange(new UserAddr(s_end), 1));
        Assert.False(UserMemory.IsInRange(new UserAddr(1), s_end));
        Assert.False(UserMemory.IsInRange(new UserAddr(ulong.MaxValue), 1));
        Assert.False(UserMemory.IsInRange(new UserAddr(0x1000), ulong.MaxValue));
        Assert.False(UserMemory.IsInRange(new UserAddr(0x1000), ulong.MaxValue - 0xFFF));
        Assert.False(UserMemory.IsInRange(new UserAddr(0xFFFF_8000_0000_0000), 8));
    }

    [Fact]
    public void NothingIsTouchedOutside()
    {
        // Without a page table any access would fault in the test: these must not come that far.
        byte[] data = new byte[16];
        Assert.False(UserMemory.TryCopyIn(new UserAddr(s_end - 8), data));
        Assert.False(UserMemory.TryCopyOut(new UserAddr(ulong.MaxValue - 3), data));
        Assert.False(UserMemory.TryClear(new UserAddr(0x1000), ulong.MaxValue));
        Assert.False(UserMemory.TryCopyString(new UserAddr(s_end), data, out _));
        Assert.False(UserMemory.TryCompareExchange(new UserAddr(s_end - 2), 0, 1, out _));
        Assert.False(UserMemory.TryCompareExchange(new UserAddr(0x1002), 0, 1, out _)); // misaligned
        Assert.False(new UserPtr<ulong>(s_end - 4).TryRead(out _));
        Assert.False(new UserPtr<ulong>(s_end).At(ulong.MaxValue).TryWrite(1));
        Assert.Equal(0x1000ul + 24, new UserPtr<ulong>(0x1000).At(3).Address.Value);
    }
}
