// Makes images for the tests with the tools that the kernel is built with.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace Commence.ImageTool.Tests;

/// <summary>A folder of a test's own, and the commands that fill it.</summary>
internal sealed class Toolchain : IDisposable
{
    /// <summary>A linker script like the kernel's: RX, R and RW on pages of their own, a PVH note, a multiboot2 header, a place for the table.</summary>
    public const string GoodScript = """
        ENTRY(_start)
        PHDRS { text PT_LOAD FLAGS(5); rodata PT_LOAD FLAGS(4); data PT_LOAD FLAGS(6); note PT_NOTE FLAGS(4); }
        SECTIONS {
          . = 0xffffffff80200000;
          text_start = .;
          .text : { *(.text .text.*) . = ALIGN(32); __managedcode_start = .; *(__managedcode) __managedcode_end = .; } :text
          . = ALIGN(4096);
          .rodata : { *(.rodata .rodata.*) } :rodata
          .note.pvh : { KEEP(*(.note.pvh)) } :rodata :note
          .multiboot2 : { KEEP(*(.multiboot2)) } :rodata
          .ksymtab : { KEEP(*(.ksymtab)) } :rodata
          . = ALIGN(4096);
          .data : { *(.data .data.*) } :data
          .bss : { *(.bss .bss.* COMMON) } :data
          /DISCARD/ : { *(.eh_frame) *(.note.GNU-stack) *(.comment) *(.llvm_addrsig) }
        }
        """;

    /// <summary>The entry, the note and the header that every image needs.</summary>
    public const string Prologue = """
        .section .note.pvh,"a",@note
        .balign 4
        .long 4, 4, 18
        .asciz "Xen"
        .long 0x100000
        .section .multiboot2,"a",@progbits
        .balign 8
        .long 0xE85250D6, 0, 24, 0x17ADAF12
        .long 0, 8
        .text
        .globl _start
        .type _start,@function
        _start: hlt
        jmp _start
        .size _start, .-_start

        """;

    public Toolchain() => Folder = Directory.CreateTempSubdirectory("imagetool-test-").FullName;

    public string Folder { get; }

    /// <summary>The repository's root, found from this source file.</summary>
    public static string RepositoryRoot([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../.."));

    public string PathOf(string name) => Path.Combine(Folder, name);

    public string Write(string name, string contents)
    {
        File.WriteAllText(PathOf(name), contents);
        return PathOf(name);
    }

    /// <summary>An image of one method: <paramref name="body"/> is what the compiler would have made.</summary>
    public string MethodImage(string body, string script = GoodScript, string extra = "") =>
        Link(script, Assemble("method.S", $"""
            {Prologue}
            {extra}
            .section __managedcode,"ax",@progbits
            .type Commence_Kernel_Commence_Sample__Method,@function
            Commence_Kernel_Commence_Sample__Method:
            {body}
            .size Commence_Kernel_Commence_Sample__Method, .-Commence_Kernel_Commence_Sample__Method

            """));

    public string Assemble(string name, string source)
    {
        Write(name, source);
        string output = PathOf(Path.ChangeExtension(name, ".o"));
        Run("clang-19", "--target=x86_64-none-elf", "-g", "-c", name, "-o", output);
        return output;
    }

    public string Compile(string name, string source, params string[] options)
    {
        Write(name, source);
        string output = PathOf(Path.ChangeExtension(name, ".o"));
        Run("clang-19", ["--target=x86_64-none-elf", "-ffreestanding", "-fno-pic", "-mno-red-zone", "-mcmodel=kernel", .. options, "-c", name, "-o", output]);
        return output;
    }

    public string Link(string script, params string[] objects)
    {
        string output = PathOf("image.elf");
        Run("ld.lld-19", ["-T", Write("image.ld", script), "-static", "-nostdlib", "--no-pie", "-z", "max-page-size=4096", "-z", "noexecstack", "-o", output, .. objects]);
        return output;
    }

    /// <summary>Runs a tool in the folder and gives what it printed; a test that lacks the tool is skipped.</summary>
    public string Run(string tool, params string[] arguments) => RunWithInput(tool, null, arguments);

    public string RunWithInput(string tool, string? input, params string[] arguments)
    {
        ProcessStartInfo start = new(tool, arguments)
        {
            WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = input is not null,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{tool} is not installed");
            throw;
        }
        using (process)
        {
            StringBuilder errors = new();
            process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
            process.BeginErrorReadLine();
            if (input is not null)
            {
                _ = System.Threading.Tasks.Task.Run(() =>
                {
                    process.StandardInput.Write(input);
                    process.StandardInput.Close();
                });
            }
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{tool} {string.Join(' ', arguments)} failed:\n{errors}");
            return output;
        }
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
