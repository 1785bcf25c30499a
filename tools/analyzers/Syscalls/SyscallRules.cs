// What can be wrong with a [Syscall] method.
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.Syscalls;

internal static class SyscallRules
{
    public static readonly DiagnosticDescriptor Shape = Rule.Error("CMN0001", "A system call is a plain static method",
        "System call '{0}': the method must {1}, because the generated table calls it by name");

    public static readonly DiagnosticDescriptor Parameter = Rule.Error("CMN0002", "A system call's parameter is made from one register",
        "System call '{0}': parameter '{1}' of type '{2}' cannot be made from a register; use an integer, an enum, or a struct with a constructor or explicit operator that takes one integer (UserAddr, UserPtr<T>, FileDescriptor)");

    public static readonly DiagnosticDescriptor TooMany = Rule.Error("CMN0003", "A system call has at most six parameters",
        "System call '{0}' has {1} parameters; the ABI passes six");

    public static readonly DiagnosticDescriptor Result = Rule.Error("CMN0004", "A system call's result fits in one register",
        "System call '{0}': result type '{1}' cannot be returned in a register; use an integer, an enum, Errno, a struct with an integer Value, Result<T> of these, or void");

    public static readonly DiagnosticDescriptor DuplicateNumber = Rule.Error("CMN0005", "A system call number has one implementation",
        "System call number {0} of {1} is claimed by '{2}' and by '{3}'");

    public static readonly DiagnosticDescriptor Name = Rule.Error("CMN0006", "A system call has a name of its own",
        "System call '{0}': the name {1}");

    public static readonly DiagnosticDescriptor Number = Rule.Error("CMN0007", "A system call has a number",
        "System call '{0}': {1}");
}
