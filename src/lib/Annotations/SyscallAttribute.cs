// Marks the method that carries out a system call; the table and its dispatch are generated from these marks.
//
// One table per architecture is made from one set of methods: Linux numbers its calls differently on each, and
// arm64 leaves out the calls that a newer one replaces (open, fork, …).
// Source: the numbers are Linux's user ABI: x86-64 <asm/unistd_64.h>, arm64 <asm-generic/unistd.h>.
using System;

namespace Commence;

/// <summary>Makes a static method the implementation of a Linux system call.</summary>
/// <remarks>
/// <code>[Syscall("uname", x64: 63, arm64: 160)]
/// internal static Errno Uname(UserPtr&lt;UtsName&gt; buffer)</code>
/// Parameters: integers, enums, and newtypes made from one integer (UserAddr, UserPtr, FileDescriptor, …), at most six.
/// Returns: an integer, an address newtype, <c>Errno</c>, <c>Result&lt;T&gt;</c> of these, or nothing (which is 0).
/// Rules and errors: docs/kernel-rules.md, CMN0001 to CMN0007.
/// </remarks>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class SyscallAttribute : Attribute
{
    /// <summary>Stands for "this architecture has no such call".</summary>
    public const int None = -1;

    /// <summary>Names the call and gives its number on each architecture that has it.</summary>
    public SyscallAttribute(string name, int x64 = None, int arm64 = None)
    {
        Name = name;
        X64 = x64;
        Arm64 = arm64;
    }

    /// <summary>The name that traces show: Linux's, in lower case.</summary>
    public string Name { get; }

    /// <summary>The number on x86-64, or <see cref="None"/>.</summary>
    public int X64 { get; }

    /// <summary>The number on arm64, or <see cref="None"/>.</summary>
    public int Arm64 { get; }
}
