// Tells which check of compiled code failed. Runtime.S traps with UD2 and puts a code behind it.
namespace Commence.Arch.X64;

internal static unsafe class CheckFailure
{
    /// <summary>Says what failed at the UD2 at <paramref name="address"/>.</summary>
    internal static ReadOnlySpan<byte> Describe(ulong address)
    {
        if (address < X64Memory.TextStart || address + 3 > X64Memory.TextEnd)
            return "invalid opcode"u8;

        // SAFETY: three bytes inside the kernel's text, which is mapped readable.
        byte* code = (byte*)address;
        if (code[0] != 0x0F || code[1] != 0x0B)
            return "invalid opcode"u8;

        return code[2] switch
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
}
