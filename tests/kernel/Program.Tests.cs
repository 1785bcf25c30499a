// What the test image's composition root has beyond the kernel's.
using Commence.Init;
using Commence.Testing;

namespace Commence.Image;

internal static partial class Program
{
    private static readonly TestRun s_tests = new();

    static partial void AddTests() => KernelTestRun.Instance = s_tests;
}
