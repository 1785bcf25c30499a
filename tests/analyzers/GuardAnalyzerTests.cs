// Guards that leak, are copied, or prove nothing.
using System.Threading.Tasks;
using Commence.Analyzers.Rules;
using Xunit;

namespace Commence.Analyzers.Tests;

public class GuardAnalyzerTests
{
    private const string Locks = """

        namespace Commence.Locking
        {
            public readonly ref struct Pinned { public static Pinned Assert() => default; }
            public struct SpinLock
            {
                internal int Holders;
                public readonly ref struct Guard
                {
                    private readonly ref SpinLock _lock;
                    internal Guard(ref SpinLock spin) => _lock = ref spin;
                    public Pinned Pinned => default;
                    public void Dispose() { }
                }
            }
            public static class SpinLockExtensions
            {
                public static SpinLock.Guard Lock(this ref SpinLock spin) { spin.Holders++; return new SpinLock.Guard(ref spin); }
                public static bool TryLock(this ref SpinLock spin, out SpinLock.Guard guard)
                {
                    guard = default;
                    if (spin.Holders != 0) return false;
                    guard = new SpinLock.Guard(ref spin);
                    return true;
                }
            }
            public readonly ref struct BothGuard
            {
                private readonly SpinLock.Guard _a;
                private readonly SpinLock.Guard _b;
                public BothGuard(SpinLock.Guard a, SpinLock.Guard b) { _a = a; _b = b; }
                public void Dispose() { _b.Dispose(); _a.Dispose(); }
            }
            [Commence.Guard] public readonly ref struct Section { public Section() { } private readonly int _n = 1; public void Dispose() { } }
        }
        """;

    private static Task<string[]> Analyze(string body) => Snippet.Of($$"""
        using Commence.Locking;
        class C
        {
            private SpinLock _lock;
            private static void In(in SpinLock.Guard g) { }
            private static void ByValue(SpinLock.Guard g) { }
            private static void Prove(in Pinned here) { }
            {{body}}
        }
        """ + Locks).Analyze(new GuardAnalyzer());

    [Theory]
    [InlineData("void M() { using var g = _lock.Lock(); In(in g); In(g); Prove(g.Pinned); }")]
    [InlineData("void M() { using (var g = _lock.Lock()) { } using (_lock.Lock()) { } }")]
    [InlineData("void M(ref SpinLock other, bool b) { using var g = b ? _lock.Lock() : other.Lock(); }")]
    [InlineData("void M() { using SpinLock.Guard g = _lock.Lock(); ref readonly SpinLock.Guard h = ref g; In(in h); }")]
    [InlineData("SpinLock.Guard M() => _lock.Lock();")]
    [InlineData("SpinLock.Guard M() { return _lock.Lock(); }")]
    [InlineData("void M() { if (!_lock.TryLock(out var g)) return; using (g) { Prove(g.Pinned); } }")]
    [InlineData("void M() { if (!_lock.TryLock(out SpinLock.Guard g)) return; using var held = g; }")]
    [InlineData("bool M(out SpinLock.Guard g) { g = default; if (true) g = _lock.Lock(); return _lock.TryLock(out g); }")]
    [InlineData("void M(ref SpinLock other) { using var both = new BothGuard(_lock.Lock(), other.Lock()); }")]
    [InlineData("BothGuard M(ref SpinLock other) { SpinLock.Guard a = _lock.Lock(); SpinLock.Guard b = other.Lock(); return new BothGuard(a, b); }")]
    [InlineData("void M() { using var s = new Section(); }")]
    [InlineData("void M() { _lock.Lock().Dispose(); }")] // waits until the lock was free once
    [InlineData("void M() { Prove(Pinned.Assert()); }")]
    [InlineData("void M(in Pinned here) { Prove(in here); Pinned copy = here; }")]
    public async Task Accepts(string body) => Assert.Empty(await Analyze(body));

    [Theory]
    [InlineData("void M() { _lock.Lock(); }",
        "CMN0301 8: The guard 'SpinLock.Guard' is dropped, so that nothing releases it on every way out; write 'using'")]
    [InlineData("void M() { _ = _lock.Lock(); }",
        "CMN0301 8: The guard 'SpinLock.Guard' is assigned to a plain variable, so that nothing releases it on every way out; write 'using'")]
    [InlineData("void M() { var g = _lock.Lock(); }",
        "CMN0301 8: The guard 'SpinLock.Guard' is kept in a plain variable, so that nothing releases it on every way out; write 'using'")]
    [InlineData("void M() { var g = _lock.Lock(); g.Dispose(); }",
        "CMN0301 8: The guard 'SpinLock.Guard' is kept in a plain variable, so that nothing releases it on every way out; write 'using'")]
    [InlineData("void M() { In(_lock.Lock()); }",
        "CMN0301 8: The guard 'SpinLock.Guard' is passed on without being kept, so that nothing releases it on every way out; write 'using'")]
    [InlineData("void M() { Prove(_lock.Lock().Pinned); }",
        "CMN0301 8: The guard 'SpinLock.Guard' is asked for a member and dropped, so that nothing releases it on every way out; write 'using'")]
    [InlineData("void M() { if (_lock.TryLock(out var g)) g.Dispose(); }",
        "CMN0301 8: The guard 'SpinLock.Guard' is kept in a plain variable, so that nothing releases it on every way out; write 'using'")]
    [InlineData("void M() { _lock.TryLock(out _); }",
        "CMN0301 8: The guard 'SpinLock.Guard' is dropped, so that nothing releases it on every way out; write 'using'")]
    [InlineData("void M() { SpinLock.Guard g; _lock.TryLock(out g); }",
        "CMN0301 8: The guard 'SpinLock.Guard' is kept in a plain variable, so that nothing releases it on every way out; write 'using'")]
    [InlineData("void M() { new Section(); }",
        "CMN0301 8: The guard 'Section' is dropped, so that nothing releases it on every way out; write 'using'")]
    [InlineData("void M() { using var g = _lock.Lock(); var h = g; }",
        "CMN0302 8: The guard 'g' is copied to another variable, and each copy would release it; pass it by 'in' or ask it for a proof instead")]
    [InlineData("void M() { using var g = _lock.Lock(); using var h = g; }",
        "CMN0302 8: The guard 'g' is copied to another variable, and each copy would release it; pass it by 'in' or ask it for a proof instead")]
    [InlineData("void M() { using var g = _lock.Lock(); ByValue(g); }",
        "CMN0302 8: The guard 'g' is passed by value, and the callee's copy would release it; pass it by 'in' or ask it for a proof instead")]
    [InlineData("void M() { using var g = _lock.Lock(); using (g) { } }",
        "CMN0302 8: The guard 'g' is in two usings and released by both; pass it by 'in' or ask it for a proof instead")]
    [InlineData("void M() { using var g = _lock.Lock(); g.Dispose(); }",
        "CMN0302 8: The guard 'g' is disposed by hand and again by its using; pass it by 'in' or ask it for a proof instead")]
    [InlineData("SpinLock.Guard M() { using var g = _lock.Lock(); return g; }",
        "CMN0302 8: The guard 'g' is returned after its using has released it; pass it by 'in' or ask it for a proof instead")]
    [InlineData("void M(in SpinLock.Guard g) { g.Dispose(); }",
        "CMN0302 8: The guard 'g' belongs to the caller, who will release it as well; pass it by 'in' or ask it for a proof instead")]
    [InlineData("void M() { Prove(default); }",
        "CMN0307 8: 'Pinned' made from nothing proves nothing; take it from a guard, or assert the state where the hardware vouches for it ('Pinned.Assert()')")]
    [InlineData("void M() { Pinned here = new(); Prove(in here); }",
        "CMN0307 8: 'Pinned' made from nothing proves nothing; take it from a guard, or assert the state where the hardware vouches for it ('Pinned.Assert()')")]
    public async Task Refuses(string body, string expected) => Assert.Equal([expected], await Analyze(body));
}
