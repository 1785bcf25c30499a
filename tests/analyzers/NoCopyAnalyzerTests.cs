// Locks that are copied, openly or by 'readonly'.
using System.Threading.Tasks;
using Commence.Analyzers.Rules;
using Xunit;

namespace Commence.Analyzers.Tests;

public class NoCopyAnalyzerTests
{
    private static Task<string[]> Analyze(string body) => Snippet.Of($$"""
        using Commence.Locking;
        struct Plain { public int N; }
        struct Queue { public SpinLock Lock; public int N; }
        [Commence.NoCopy] struct Head { public object? First; }
        class C
        {
            private SpinLock _lock; private Queue _queue; private Head _head; private Plain _plain; private static SpinLock s_lock;
            private static void ByValue<T>(T x) { }
            private static void ByRef<T>(ref T x) { }
            private static void ByIn<T>(in T x) { }
            {{body}}
        }
        namespace Commence.Locking
        {
            public struct SpinLock { private int _n; public void Lock() => _n++; }
            public readonly struct IrqFlags { private readonly int _n; }
        }
        """).Analyze(new NoCopyAnalyzer());

    [Theory]
    [InlineData("private readonly Plain _p; private readonly IrqFlags _flags; private readonly C? _next;")]
    [InlineData("void M() { ref SpinLock a = ref _lock; ByRef(ref a); ByIn(in _queue); _lock.Lock(); _queue.Lock.Lock(); }")]
    [InlineData("void M() { _lock = default; _head = new Head { First = this }; var p = _plain; ByValue(p); }")]
    [InlineData("ref SpinLock M() => ref _lock;")]
    [InlineData("ref SpinLock P => ref _lock;")]
    public async Task Accepts(string body) => Assert.Empty(await Analyze(body));

    [Theory]
    [InlineData("private readonly SpinLock _ro;", "CMN0303 11: '_ro' is readonly, so the compiler works on a copy of the 'SpinLock' and it never locks; remove 'readonly'")]
    [InlineData("private static readonly SpinLock s_ro;", "CMN0303 11: 's_ro' is readonly, so the compiler works on a copy of the 'SpinLock' and it never locks; remove 'readonly'")]
    [InlineData("private readonly Queue _ro;", "CMN0303 11: '_ro' is readonly, so the compiler works on a copy of the 'Queue' and it never locks; remove 'readonly'")]
    [InlineData("void M() { var a = _lock; a.Lock(); }", "CMN0304 11: '_lock' is copied here, and the copy of a 'SpinLock' is another one; use 'ref'")]
    [InlineData("void M() { Queue a = _queue; }", "CMN0304 11: '_queue' is copied here, and the copy of a 'Queue' is another one; use 'ref'")]
    [InlineData("void M() { ByValue(_head); }", "CMN0304 11: '_head' is copied here, and the copy of a 'Head' is another one; use 'ref'")]
    [InlineData("void M() { s_lock = _lock; }", "CMN0304 11: '_lock' is copied here, and the copy of a 'SpinLock' is another one; use 'ref'")]
    [InlineData("SpinLock M() => _lock;", "CMN0304 11: '_lock' is copied here, and the copy of a 'SpinLock' is another one; use 'ref'")]
    [InlineData("ref SpinLock R() => ref _lock; void M() { var a = R(); }", "CMN0304 11: 'R()' is copied here, and the copy of a 'SpinLock' is another one; use 'ref'")]
    public async Task Refuses(string body, string expected) => Assert.Equal([expected], await Analyze(body));
}
