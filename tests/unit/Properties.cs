// FsCheck as the tests use it: silent on success, an exception with the smallest counterexample on failure.
using System;
using FsCheck;
using FsCheck.Fluent;

namespace Commence.Tests;

internal static class Properties
{
    /// <summary>Numbers of all magnitudes: each length in bits is equally likely, so that limits and small values both occur.</summary>
    public static Gen<ulong> Words { get; } =
        from bits in ArbMap.Default.GeneratorFor<DoNotSize<ulong>>()
        from shift in Gen.Choose(0, 64)
        select shift == 64 ? 0 : bits.Item >> shift;

    /// <summary>Checks the property with random inputs and throws if one contradicts it.</summary>
    public static void Holds(this Property property, int tests = 200) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests).WithQuietOnSuccess(true), property);

    /// <summary>Checks a statement about words of all magnitudes.</summary>
    public static void ForWords(Func<ulong, ulong, bool> statement, int tests = 500) =>
        Prop.ForAll(Words.Zip(Words).ToArbitrary(), pair => statement(pair.Item1, pair.Item2)).Holds(tests);
}
