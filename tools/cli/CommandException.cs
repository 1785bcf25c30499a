using System;

namespace Commence.Cli;

/// <summary>Ends the command with a message for the user and a status.</summary>
internal sealed class CommandException(int status, string message) : Exception(message)
{
    internal int Status { get; } = status;
}
