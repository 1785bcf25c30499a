// Tells which check of compiled code failed. Runtime.S traps with UD2 and puts a code behind it.
namespace Commence.Arch.X64;

internal static class CheckFailure
{
    /// <summary>Whether a failed check's stub is at <paramref name="address"/>.</summary>
    internal static bool IsStub(ulong address) => Code(address) != 0;

    /// <summary>Says what failed at the UD2 at <paramref name="address"/>.</summary>
    internal static ReadOnlySpan<byte> Describe(ulong address)
    {
        return Code(address) switch
        {
            1 => "index out of range"u8,
            2 => "arithmetic overflow"u8,
            3 => "division by zero"u8,
            4 => "null reference"u8,
            5 => "invalid cast"u8,
            6 => "invalid operation"u8,
            7 => "call of a method whose body was removed"u8,
            8 => "stack buffer overrun"u8,
            _ => "invalid opcode"u8,
        };
    }

    private static byte Code(ulong address)
    {
        if (address < X64Memory.TextStart || address + 3 > X64Memory.TextEnd)
            return 0;

        ReadOnlySpan<byte> code;
        // SAFETY: three bytes inside the kernel's text, which is mapped readable.
        unsafe
        {
            code = new ReadOnlySpan<byte>((void*)address, 3);
        }

        return code[0] == 0x0F && code[1] == 0x0B && code[2] <= 8 ? code[2] : (byte)0;
    }
}
