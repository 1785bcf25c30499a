// Assertions on what a programmer must get right. They stay on in every build: a wrong kernel must stop, not go on.
//
// Bug ─▶ PanicHook, registered by the layer that can print and stop the other processors. Before that the processor halts.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Commence;

/// <summary>What happens when an assertion fails.</summary>
public abstract class PanicHook
{
    private static PanicHook? s_instance;

    /// <summary>The one hook of the machine; null in early boot.</summary>
    public static PanicHook? Instance
    {
        get => Volatile.Read(ref s_instance);
        set => Volatile.Write(ref s_instance, value);
    }

    /// <summary>Reports and stops the machine.</summary>
    /// <param name="what">The expression that must not hold, or a description.</param>
    /// <param name="member">The method that found it.</param>
    /// <param name="line">Its line.</param>
    /// <remarks>Context: any. Must not return.</remarks>
    public abstract void OnBug(string what, string member, int line);
}

/// <summary>Stops the machine for a programmer's error (Linux: <c>BUG_ON</c>).</summary>
public static class Bug
{
    /// <summary>Stops the machine if <paramref name="isWrong"/>.</summary>
    /// <remarks>Context: any. Fails: that is its purpose; does not return if the condition holds.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void On(
        [DoesNotReturnIf(true)] bool isWrong,
        [CallerArgumentExpression(nameof(isWrong))] string what = "",
        [CallerMemberName] string member = "",
        [CallerLineNumber] int line = 0)
    {
        if (isWrong)
            Fail(what, member, line);
    }

    /// <summary>Marks a place that cannot be reached.</summary>
    [DoesNotReturn]
    public static void Unreachable([CallerMemberName] string member = "", [CallerLineNumber] int line = 0) =>
        Fail("unreachable code", member, line);

    /// <summary>Marks an arm of a switch expression that cannot be reached.</summary>
    [DoesNotReturn]
    public static T Unreachable<T>([CallerMemberName] string member = "", [CallerLineNumber] int line = 0)
    {
        Fail("unreachable code", member, line);
        return default!;
    }

    // Out of line, so that an assertion costs its caller one comparison and a jump that is never taken.
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fail(string what, string member, int line)
    {
        PanicHook.Instance?.OnBug(what, member, line);
        while (true)
            Cpu.Halt();
    }
}
