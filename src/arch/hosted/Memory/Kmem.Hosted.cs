// Objects of the kernel on a host: the collector takes care of their memory, and this watches for objects freed twice.
using System.Runtime.CompilerServices;

namespace Commence.Memory;

public static partial class Kmem
{
    private static readonly ConditionalWeakTable<object, object> s_freed = [];

    /// <summary>Notes that an object is free.</summary>
    /// <remarks>Fails: a bug if it is free already.</remarks>
    public static void Free(object value) => Bug.On(!s_freed.TryAdd(value, value));

    /// <summary>An object was freed: for tests.</summary>
    public static bool IsFreed(object value) => s_freed.TryGetValue(value, out _);

    /// <summary>So many calls of TryNew succeed, then they fail: for tests of running out of memory.</summary>
    public static int NewsLeft { get; set; } = int.MaxValue;

    /// <summary>Makes an object whose number a program decides.</summary>
    public static bool TryNew<T>(out T value)
        where T : class, new()
    {
        value = null!;
        if (NewsLeft == 0)
            return false;
        if (NewsLeft != int.MaxValue)
            NewsLeft--;
        value = new T();
        return true;
    }

    /// <summary>Types have names here.</summary>
    public static void SetName<T>(ReadOnlySpan<byte> name)
        where T : class => _ = name;
}
