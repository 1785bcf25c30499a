// The system call table: what the generator makes of sound methods, and what it says about unsound ones.
using Commence.Analyzers.Syscalls;
using Xunit;

namespace Commence.Analyzers.Tests;

public class SyscallGeneratorTests
{
    // Every kind of parameter and of result that is allowed; Try calls through the generated table.
    private const string Calls = """
        using Commence;
        using System;

        namespace Commence.Syscalls;

        [Flags] public enum OpenFlags { None = 0, Create = 0x40, Top = unchecked((int)0x80000000) }
        public enum Wide : ulong { }

        internal static class Calls
        {
            [Syscall("long_int", x64: 0)] internal static long LongOfInt(int value) => value;
            [Syscall("long_uint", x64: 1)] internal static long LongOfUInt(uint value) => value;
            [Syscall("int_ulong", x64: 2)] internal static int IntOfULong(ulong value) => (int)value;
            [Syscall("ulong_wide", x64: 3)] internal static ulong ULongOfWide(Wide value, nuint more) => (ulong)value + more;
            [Syscall("flags", x64: 4)] internal static long Flags(OpenFlags flags) => flags == OpenFlags.Top ? 1 : 0;
            [Syscall("errno", x64: 5)] internal static Errno Fails() => Errno.ENOENT;
            [Syscall("errno_none", x64: 6)] internal static Errno Succeeds() => Errno.None;
            [Syscall("result_ok", x64: 7)] internal static Result<nuint> Ok(nuint value) => value;
            [Syscall("result_bad", x64: 8)] internal static Result<long> Bad() => Errno.EFAULT;
            [Syscall("result_addr", x64: 9)] internal static Result<UserAddr> Address(UserAddr at) => at;
            [Syscall("result_fd", x64: 10)] internal static Result<FileDescriptor> Fd(FileDescriptor fd) => fd;
            [Syscall("pointer", x64: 11)] internal static UserAddr Pointer(UserPtr<int> at) => at.Address;
            [Syscall("nothing", x64: 12)] internal static void Nothing() { }
            [Syscall("sum6", x64: 13)] internal static long Sum(long a, long b, long c, long d, long e, long f) => a - b + c - d + e - f;
            [Syscall("ushort", x64: 14, arm64: 3)] public static long Mode(ushort mode) => mode;
            [Syscall("only_arm", arm64: 4)] internal static void OnlyArm() { }
        }

        public static class Try
        {
            public static long Call(int number, ulong a, ulong b) => SyscallTable.Dispatch(number, new SyscallArguments(a, b, 4, 8, 16, 32));
            public static string Name(int number) => System.Text.Encoding.UTF8.GetString(SyscallTable.Name(number));
            public static int Count() => SyscallTable.Count * 1000 + SyscallTable.NumberLimit;
            public static int Parameters(int number) => SyscallTable.ParameterCount(number);
        }
        """;

    private static readonly Generated s_x64 = Snippet.Of(Calls).Generate(new SyscallGenerator());

    [Theory]
    [InlineData(0, 0xFFFF_FFFF_8000_0001, -0x7FFF_FFFF)] // the upper half of the register does not count for an int
    [InlineData(0, 0x1_0000_0005, 5)]
    [InlineData(1, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF)]
    [InlineData(2, 0xFFFF_FFFF_FFFF_FFFE, -2)]
    [InlineData(3, 100, 107)]
    [InlineData(4, 0x8000_0000, 1)]
    [InlineData(5, 0, -2)]
    [InlineData(6, 0, 0)]
    [InlineData(7, 0x1_2345_6789, 0x1_2345_6789)]
    [InlineData(8, 0, -14)]
    [InlineData(9, 0x7FFF_0000_1000, 0x7FFF_0000_1000)]
    [InlineData(10, 0xFFFF_FF9C, -100)] // AT_FDCWD arrives as 32 bits
    [InlineData(11, 0x1234, 0x1234)]
    [InlineData(12, 9, 0)]
    [InlineData(13, 1, 1 - 7 + 4 - 8 + 16 - 32)]
    [InlineData(14, 0x1_81A4, 0x81A4)]
    [InlineData(15, 0, -38)] // nobody's number
    [InlineData(-1, 0, -38)]
    public void ConvertsArgumentsAndResults(int number, ulong first, long expected)
    {
        Assert.Empty(s_x64.Findings);
        Assert.Equal(expected, s_x64.Call("Commence.Syscalls.Try", "Call", [number, first, 7UL]));
    }

    [Fact]
    public void NamesAndCountsForTraces()
    {
        Assert.Equal("result_bad", s_x64.Call("Commence.Syscalls.Try", "Name", [8]));
        Assert.Equal("", s_x64.Call("Commence.Syscalls.Try", "Name", [400]));
        Assert.Equal(15015, s_x64.Call("Commence.Syscalls.Try", "Count"));
        Assert.Equal(6, s_x64.Call("Commence.Syscalls.Try", "Parameters", [13]));
    }

    [Fact]
    public void TakesTheNumbersOfTheArchitectureThatIsBuilt()
    {
        Generated arm = Snippet.Of(Calls).With("CommenceArch", "arm64").Generate(new SyscallGenerator());

        Assert.Equal("ushort", arm.Call("Commence.Syscalls.Try", "Name", [3]));
        Assert.Equal("only_arm", arm.Call("Commence.Syscalls.Try", "Name", [4]));
        Assert.Equal(2005, arm.Call("Commence.Syscalls.Try", "Count"));
    }

    [Fact]
    public void ThunksAreNotInlinedIntoTheDispatch()
    {
        string table = s_x64["SyscallTable.g.cs"]!;

        Assert.Equal(15, table.Split("MethodImplOptions.NoInlining").Length - 1);
        Assert.Contains("case 9: return Invoke_result_addr(in args);\n", table);
        Assert.DoesNotContain("\r", table);
    }

    [Fact]
    public void MakesNothingWhereNothingIsMarked() =>
        Assert.Null(Snippet.Of("class C { }").Generate(new SyscallGenerator())["SyscallTable.g.cs"]);

    [Theory]
    [InlineData("internal long M() => 0;",
        "CMN0001 5: System call 'm': the method must be static, because the generated table calls it by name")]
    [InlineData("private static long M() => 0;",
        "CMN0001 5: System call 'm': the method must be internal or public, because the generated table calls it by name")]
    [InlineData("internal static long M<T>() => 0;",
        "CMN0001 5: System call 'm': the method must not be generic, because the generated table calls it by name")]
    [InlineData("internal static long M(string path) => 0;",
        "CMN0002 5: System call 'm': parameter 'path' of type 'string' cannot be made from a register; use an integer, an enum, or a struct with a constructor or explicit operator that takes one integer (UserAddr, UserPtr<T>, FileDescriptor)")]
    [InlineData("internal static long M(ref int value) => 0;",
        "CMN0002 5: System call 'm': parameter 'value' of type 'ref int' cannot be made from a register; use an integer, an enum, or a struct with a constructor or explicit operator that takes one integer (UserAddr, UserPtr<T>, FileDescriptor)")]
    [InlineData("internal static long M(bool yes) => 0;",
        "CMN0002 5: System call 'm': parameter 'yes' of type 'bool' cannot be made from a register; use an integer, an enum, or a struct with a constructor or explicit operator that takes one integer (UserAddr, UserPtr<T>, FileDescriptor)")]
    [InlineData("internal static long M(int a, int b, int c, int d, int e, int f, int g) => 0;",
        "CMN0003 5: System call 'm' has 7 parameters; the ABI passes six")]
    [InlineData("internal static bool M() => true;",
        "CMN0004 5: System call 'm': result type 'bool' cannot be returned in a register; use an integer, an enum, Errno, a struct with an integer Value, Result<T> of these, or void")]
    [InlineData("internal static Result<string> M() => Errno.EPERM;",
        "CMN0004 5: System call 'm': result type 'Result<string>' cannot be returned in a register; use an integer, an enum, Errno, a struct with an integer Value, Result<T> of these, or void")]
    public void RefusesMethods(string method, string expected) =>
        Assert.Equal([expected], Snippet.Of($$"""
            using Commence;
            static class Other { }
            class Calls
            {
                [Syscall("m", x64: 1)] {{method}}
            }
            """).Generate(new SyscallGenerator()).Findings);

    [Theory]
    [InlineData("\"Uname\", x64: 63", "CMN0006 1: System call 'Uname': the name must be Linux's: lower-case letters, digits and '_', beginning with a letter or '_'")]
    [InlineData("\"\", x64: 63", "CMN0006 1: System call 'C.M': the name must be Linux's: lower-case letters, digits and '_', beginning with a letter or '_'")]
    [InlineData("\"uname\"", "CMN0007 1: System call 'uname': no architecture is given a number; write 'x64:' or 'arm64:'")]
    [InlineData("\"uname\", x64: 1024", "CMN0007 1: System call 'uname': number 1024 is outside 0 to 1023")]
    [InlineData("\"uname\", arm64: -7", "CMN0007 1: System call 'uname': number -7 is outside 0 to 1023")]
    public void RefusesMarks(string mark, string expected) =>
        Assert.Equal([expected], Snippet.Of($"class C {{ [Commence.Syscall({mark})] internal static void M() {{ }} }}")
            .Generate(new SyscallGenerator()).Findings);

    [Fact]
    public void RefusesANumberOrANameTwice()
    {
        Generated made = Snippet.Of("""
            using Commence;
            static class C
            {
                [Syscall("read", x64: 0, arm64: 63)] internal static void Read() { }
                [Syscall("write", x64: 0, arm64: 64)] internal static void Write() { }
                [Syscall("pread", x64: 17, arm64: 64)] internal static void Pread() { }
                [Syscall("read", x64: 19)] internal static void ReadAgain() { }
            }
            """).Generate(new SyscallGenerator());

        Assert.Equal(
            [
                "CMN0005 5: System call number 0 of x64 is claimed by 'C.Read' and by 'C.Write'",
                "CMN0005 6: System call number 64 of arm64 is claimed by 'C.Write' and by 'C.Pread'",
                "CMN0006 7: System call 'read': the name is already that of 'C.Read'",
            ],
            made.Findings);
        Assert.Empty(made.Errors); // the rest of the table is there, so that no further error hides these
    }
}
