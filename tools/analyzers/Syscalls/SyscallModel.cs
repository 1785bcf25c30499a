// One [Syscall] method, as far as the table needs to know it.
namespace Commence.Analyzers.Syscalls;

/// <summary>A system call: its name, its number per architecture, and the C# that calls it.</summary>
/// <param name="Body">The statements of the thunk, which end in a return of a long.</param>
internal sealed record SyscallModel(
    string Name, int X64, int Arm64, string Method, Place Place, int ParameterCount, EquatableArray<string> Body)
{
    public int NumberOn(string arch) => arch == "arm64" ? Arm64 : X64;
}

/// <summary>What reading one marked method gave: a call, or the reasons why not.</summary>
internal sealed record SyscallReading(SyscallModel? Call, EquatableArray<Finding> Findings);
