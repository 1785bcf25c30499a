// The rules that a built image must keep, each with the code that messages and allow-lists name it by.
namespace Commence.ImageTool.Checks;

/// <summary>A rule: its code, and what to do about a violation.</summary>
internal sealed record Rule(string Code, string Advice)
{
    public static readonly Rule NotPreinitialized = new("IMG001",
        "its static fields would silently be zero: use constants, spans over literals or fields that are set at boot");
    public static readonly Rule EagerConstructor = new("IMG002",
        "static constructors do not run in the kernel: make every static field's initial value a compile-time one");

    public static readonly Rule Undefined = new("IMG010", "define it, or do not use what needs it");
    public static readonly Rule Forbidden = new("IMG011", "the kernel has no support for it: remove the construct that needs it, not this check");

    public static readonly Rule WritableCode = new("IMG020", "give code and data output sections and program headers of their own in the linker script");
    public static readonly Rule ThreadLocal = new("IMG021", "the kernel has no thread-local storage: use per-CPU areas");
    public static readonly Rule Dynamic = new("IMG022", "link with -static --no-pie");
    public static readonly Rule NoPvhNote = new("IMG023", "QEMU needs the PVH note (name \"Xen\", type 18) to start the kernel: KEEP(*(.note.pvh)) in a PT_NOTE segment");
    public static readonly Rule NoMultiboot2Header = new("IMG025", "GRUB needs the header in the first 32 KiB of the file, on 8 bytes: KEEP(*(.multiboot2)) in the first segment");
    public static readonly Rule SharedPage = new("IMG024", "align each kind of memory to 4096 in the linker script, so that page tables can tell them apart");

    public static readonly Rule SimdRegister = new("IMG030",
        "kernel entry does not save it, so a user program's value would be lost: save it on entry (and pass it in --simd-saved), or write the code without it");
    public static readonly Rule VexEncoding = new("IMG031", "compile for an instruction set without AVX (x86-64-v2): upper register halves are not saved on entry");
    public static readonly Rule FloatingPointUnit = new("IMG032", "the kernel does not save x87 and MMX state on entry");
    public static readonly Rule SegmentRegister = new("IMG033", "fs: and gs: belong to user programs and to assembly: use the per-CPU accessors");
    public static readonly Rule RedZone = new("IMG034", "an interrupt overwrites what lies below the stack pointer");
    public static readonly Rule Privileged = new("IMG035", "compiled C# never contains such an instruction: it belongs in assembly");
    public static readonly Rule Undecodable = new("IMG036", "data in the code section, or a damaged image");
    public static readonly Rule LargeFrame = new("IMG037",
        "kernel stacks are small: move large structs off the stack, and mark the handlers of a big switch [MethodImpl(MethodImplOptions.NoInlining)]");
    public static readonly Rule DynamicStack = new("IMG038", "stackalloc only constant sizes");
    public static readonly Rule CallsItself = new("IMG039", "an intrinsic that the compiler did not expand (check the BCL name and the instruction set), or endless recursion");
    public static readonly Rule EmptyLoop = new("IMG040",
        "an intrinsic that the compiler did not expand, or a polling loop whose load was hoisted (read through Volatile.Read), or a wait without Cpu.Relax() or Cpu.Halt()");

    public static readonly Rule MapMismatch = new("IMG050", "the map and the image come from different builds: build again from clean");
    public static readonly Rule SymbolTable = new("IMG051", "the symbol table must describe the image that contains it: see the order of the link steps in tools/imagetool/README.md");
}

/// <summary>A rule broken.</summary>
/// <param name="Subject">What an allow-list entry names: a method, type, symbol, section or segment.</param>
/// <param name="Message">One sentence about this case, without the advice.</param>
/// <param name="File">The source file, relative to the repository; empty if there is none.</param>
/// <param name="Line">The line in it; 0 if there is none.</param>
internal sealed record Violation(Rule Rule, string Subject, string Message, string File = "", int Line = 0)
{
    /// <summary>In the form that MSBuild and editors understand: <c>file(line): error CODE: text</c>.</summary>
    public override string ToString()
    {
        string place = File.Length == 0 ? "imagetool" : Line == 0 ? File : $"{File}({Line})";
        return $"{place}: error {Rule.Code}: {Message}; {Rule.Advice}";
    }
}
