// What tests assert with. A check that fails ends its test; the others run on.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Commence.Lib;

namespace Commence.Testing;

/// <summary>Assertions of the tests inside the machine.</summary>
internal static class Check
{
    /// <summary>Ends the test unless the condition holds.</summary>
    internal static void That(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string what = "",
        [CallerMemberName] string member = "",
        [CallerLineNumber] int line = 0)
    {
        if (!condition)
            Fail(what, member, line);
    }

    /// <summary>Ends the test unless the numbers are equal.</summary>
    internal static void Equal(
        long expected,
        long actual,
        [CallerArgumentExpression(nameof(actual))] string what = "",
        [CallerMemberName] string member = "",
        [CallerLineNumber] int line = 0)
    {
        if (expected != actual)
            FailEqual(expected, actual, what, member, line);
    }

    /// <summary>Ends the test unless the numbers are equal; printed as addresses and masks are.</summary>
    internal static void Equal(
        ulong expected,
        ulong actual,
        [CallerArgumentExpression(nameof(actual))] string what = "",
        [CallerMemberName] string member = "",
        [CallerLineNumber] int line = 0)
    {
        if (expected != actual)
            FailEqual(expected, actual, what, member, line);
    }

    /// <summary>Ends the test unless the texts are equal.</summary>
    internal static void Equal(
        ReadOnlySpan<byte> expected,
        ReadOnlySpan<byte> actual,
        [CallerArgumentExpression(nameof(actual))] string what = "",
        [CallerMemberName] string member = "",
        [CallerLineNumber] int line = 0)
    {
        if (!expected.SequenceEqual(actual))
            TestThread.Fail($"{member}:{line}: {what} is '{actual}', expected '{expected}'");
    }

    // Out of line, so that the buffers of their messages do not add to every test's frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fail(string what, string member, int line) =>
        TestThread.Fail($"{member}:{line}: {what}");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FailEqual(long expected, long actual, string what, string member, int line) =>
        TestThread.Fail($"{member}:{line}: {what} is {actual}, expected {expected}");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FailEqual(ulong expected, ulong actual, string what, string member, int line) =>
        TestThread.Fail($"{member}:{line}: {what} is 0x{actual:x}, expected 0x{expected:x}");
}
