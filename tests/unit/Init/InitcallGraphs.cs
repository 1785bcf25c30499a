// Tables of initcalls made at random, for tests of what runs them.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Commence;

namespace Commence.Tests.Init;

/// <summary>A table whose calls run lambdas.</summary>
internal sealed class TestInitcalls : InitcallSet
{
    private readonly List<(InitcallLevel Level, byte[] Name, ushort[] After, Func<Errno> Body)> _calls = [];

    public override int Count => _calls.Count;

    /// <summary>Adds a call; levels come in their order.</summary>
    public TestInitcalls Add(InitcallLevel level, string name, ushort[] after, Func<Errno> body)
    {
        _calls.Add((level, Encoding.UTF8.GetBytes(name), after, body));
        return this;
    }

    public TestInitcalls Add(InitcallLevel level, string name, Action body) => Add(level, name, [], () =>
    {
        body();
        return Errno.None;
    });

    /// <summary>A random graph: some levels, some calls in each, each after some of those before it.</summary>
    public static TestInitcalls Random(int seed, Func<int, Errno> body)
    {
        Random random = new(seed);
        TestInitcalls made = new();
        int index = 0;
        for (InitcallLevel level = InitcallLevel.Pure; level <= InitcallLevel.LateSync; level++)
        {
            if (random.Next(3) == 0)
                continue;
            int first = index;
            double density = random.NextDouble();
            for (int left = random.Next(1, 9); left > 0; left--)
            {
                int call = index++;
                ushort[] after = [.. Enumerable.Range(first, call - first).Where(_ => random.NextDouble() < density).Select(static i => (ushort)i)];
                made.Add(level, $"Call{call}.Go", after, () => body(call));
            }
        }

        return made;
    }

    public override int FirstOf(InitcallLevel level) => _calls.Count(call => call.Level < level);

    public override InitcallLevel Level(int index) => _calls[index].Level;

    public override ReadOnlySpan<byte> Name(int index) => _calls[index].Name;

    public override ReadOnlySpan<ushort> Dependencies(int index) => _calls[index].After;

    public override Errno Invoke(int index) => _calls[index].Body();
}
