// The command line of the image tool: README.md describes each command.
using System;
using System.CommandLine;
using Commence.ImageTool;

RootCommand root = new("Makes the kernel's symbol table and checks the linked image. Every build of the image runs it.")
{
    SymbolsCommand.Create(),
    VerifySymbolsCommand.Create(),
    CheckCommand.Create(),
    UndefinedCommand.Create(),
    SizeCommand.Create(),
};

try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (BadInputException error)
{
    Console.Error.WriteLine($"imagetool: error: {error.Message}");
    return ExitStatus.BadInput;
}
