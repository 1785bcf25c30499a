// Damages sound input at random and hands it to a parser, which may answer what it likes but must come back.
//
// Every case is made from one number, its seed: a failure names it, and COMMENCE_FUZZ_SEED=that number with COMMENCE_FUZZ=1
// repeats it alone. COMMENCE_FUZZ says how many cases each parser gets (20,000 if it says nothing): a million is
//   COMMENCE_FUZZ=1000000 dotnet artifacts/bin/Commence.UnitTests/debug/Commence.UnitTests.dll -class Commence.Tests.Firmware.FuzzTests
using System;
using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Commence.Tests.Firmware;

internal static class Fuzz
{
    private const int DefaultCases = 20_000;

    // Far more than any case needs, even on a busy machine: what takes longer hangs.
    private static readonly TimeSpan s_caseTimeMax = TimeSpan.FromSeconds(20);

    // Bytes that fields like to trip over.
    private static readonly byte[] s_edges = [0, 1, 2, 3, 7, 8, 9, 16, 0x7F, 0x80, 0xFE, 0xFF];

    /// <summary>How many cases to try.</summary>
    public static int Cases { get; } = Number("COMMENCE_FUZZ", DefaultCases);

    /// <summary>Tries many cases.</summary>
    /// <param name="parser">Its name, for the report.</param>
    /// <param name="costFactor">How many times dearer than a table a case is: as many fewer are tried by default.</param>
    /// <param name="test">Makes and tries one case.</param>
    public static void Run(string parser, int costFactor, Action<Random> test)
    {
        // A fixed start makes a run repeatable; each number of cases has its own, so that more cases are also others.
        int cases = Cases == DefaultCases ? Cases / costFactor : Cases;
        int first = Number("COMMENCE_FUZZ_SEED", unchecked(Cases * 7919));
        TestContext.Current.TestOutputHelper?.WriteLine($"{parser}: {cases} cases from seed {first}");
        for (int i = 0; i < cases; i++)
        {
            int seed = unchecked(first + i);
            long start = Stopwatch.GetTimestamp();
            try
            {
                test(new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{parser}: seed {seed}: {e.Message}", e);
            }

            if (Stopwatch.GetElapsedTime(start) > s_caseTimeMax)
                throw new InvalidOperationException($"{parser}: seed {seed} took {Stopwatch.GetElapsedTime(start)}");
        }
    }

    /// <summary>A damaged copy, now and then cut short or with something behind.</summary>
    public static byte[] Mutate(ReadOnlySpan<byte> sound, Random random)
    {
        byte[] bytes = random.Next(8) switch
        {
            0 => sound[..random.Next(sound.Length + 1)].ToArray(),
            1 => [.. sound, .. sound[..random.Next(Math.Min(sound.Length, 64) + 1)]],
            _ => sound.ToArray(),
        };
        MutateInPlace(bytes, random);
        return bytes;
    }

    /// <summary>Damages 0 to some bytes.</summary>
    public static void MutateInPlace(Span<byte> bytes, Random random)
    {
        if (bytes.IsEmpty)
            return;

        int count = 1 << random.Next(0, 6);
        for (int i = random.Next(0, 2); i < count; i++)
        {
            int at = random.Next(4) == 0 ? random.Next(Math.Min(bytes.Length, 64)) : random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[at] = s_edges[random.Next(s_edges.Length)];
                    break;
                case 3:
                    int length = Math.Min(random.Next(1, 9), bytes.Length - at);
                    bytes.Slice(at, length).Fill(random.Next(2) == 0 ? (byte)0 : (byte)0xFF);
                    break;
                default:
                    int from = random.Next(bytes.Length);
                    int size = Math.Min(random.Next(1, 32), bytes.Length - Math.Max(at, from));
                    bytes.Slice(from, size).ToArray().CopyTo(bytes[at..]);
                    break;
            }
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out int number)
            ? number
            : otherwise;
}
