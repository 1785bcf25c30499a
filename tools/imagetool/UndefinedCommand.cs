// imagetool undefined.
using System;
using System.CommandLine;
using System.Collections.Generic;
using Commence.ImageTool.Checks;
using Commence.ImageTool.Elf;
using Commence.ImageTool.Naming;

namespace Commence.ImageTool;

/// <summary><c>imagetool undefined OBJECT…</c>: why a link failed, in the words of C#.</summary>
internal static class UndefinedCommand
{
    public static Command Create()
    {
        Argument<string[]> objects = new("object") { Description = "the object files of the link", Arity = ArgumentArity.OneOrMore };
        Option<string[]> assemblies = new("--assembly", "-a") { Description = "IL assemblies in the image, for exact names", AllowMultipleArgumentsPerToken = true };
        Option<string[]> roots = new("--source-root", "-r") { Description = "accepted for the sake of shared response files", AllowMultipleArgumentsPerToken = true };
        Option<string> script = new("--script") { Description = "the linker script: symbols that it names are defined" };
        Command command = new("undefined", "Names the symbols that no object defines, what compiled code needs them for, and the methods that do.") { objects, assemblies, roots, script };
        command.SetAction(arguments =>
        {
            List<ElfImage> images = [];
            foreach (string path in arguments.GetValue(objects)!)
                images.Add(ElfImage.Load(path));
            Demangler demangler = new(AssemblyNames.Load(arguments.GetValue(assemblies) ?? []));
            IReadOnlyList<Violation> violations = UndefinedSymbols.Find(images, UndefinedSymbols.WordsOf(arguments.GetValue(script)), demangler);
            foreach (Violation violation in violations)
                Console.Error.WriteLine(violation);
            return violations.Count == 0 ? ExitStatus.Success : ExitStatus.Violation;
        });
        return command;
    }
}
