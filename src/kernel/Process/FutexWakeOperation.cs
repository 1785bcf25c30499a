// FUTEX_WAKE_OP: changes a second word, wakes waiters of the first, and of the second if its old value passes a test.
//
//   bits 28–31  operation (bit 31: the argument is a shift count)   24–27  comparison   12–23  argument   0–11  compared with
//
// Source: futex(2), FUTEX_WAKE_OP.
using Commence.Memory;

namespace Commence.Processes;

/// <summary>The operation that condition variables of older C libraries use.</summary>
internal static class FutexWakeOperation
{
    private const uint ShiftFlag = 8;
    private const int TriesMax = 1024;

    internal static Result<int> Run(UserAddr first, int firstMax, UserAddr second, int secondMax, uint encoded, bool isPrivate)
    {
        Errno error = Change(second, encoded, out bool passes);
        if (error != Errno.None)
            return error;

        Result<int> woken = Futex.Wake(first, firstMax, uint.MaxValue, isPrivate);
        if (!woken.IsOk || !passes)
            return woken;

        Result<int> more = Futex.Wake(second, secondMax, uint.MaxValue, isPrivate);
        return more.IsOk ? woken.Value + more.Value : more;
    }

    private static Errno Change(UserAddr word, uint encoded, out bool passes)
    {
        passes = false;
        uint operation = encoded >> 28;
        int argument = SignExtend((encoded >> 12) & 0xFFF);
        if ((operation & ShiftFlag) != 0)
            argument = 1 << (argument & 31);

        if (!new UserPtr<uint>(word).TryRead(out uint value))
            return Errno.EFAULT;
        for (int i = 0; i < TriesMax; i++)
        {
            if (!TryCompute(operation & ~ShiftFlag, value, (uint)argument, out uint changed))
                return Errno.ENOSYS;
            if (!UserMemory.TryCompareExchange(word, value, changed, out uint found))
                return Errno.EFAULT;
            if (found == value)
                return Compare((encoded >> 24) & 0xF, (int)value, SignExtend(encoded & 0xFFF), out passes);
            value = found;
        }

        return Errno.EAGAIN; // other threads change the word all the time
    }

    private static bool TryCompute(uint operation, uint value, uint argument, out uint changed)
    {
        changed = operation switch
        {
            0 => argument,
            1 => value + argument,
            2 => value | argument,
            3 => value & ~argument,
            4 => value ^ argument,
            _ => 0,
        };
        return operation <= 4;
    }

    private static Errno Compare(uint comparison, int value, int argument, out bool passes)
    {
        passes = comparison switch
        {
            0 => value == argument,
            1 => value != argument,
            2 => value < argument,
            3 => value <= argument,
            4 => value > argument,
            5 => value >= argument,
            _ => false,
        };
        return comparison <= 5 ? Errno.None : Errno.ENOSYS;
    }

    private static int SignExtend(uint bits12) => (int)(bits12 << 20) >> 20;
}
