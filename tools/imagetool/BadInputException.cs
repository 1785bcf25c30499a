// An input file is missing, damaged, or not what the command needs. The message is for the person who runs the build.
using System;

namespace Commence.ImageTool;

/// <summary>An input that the tool cannot use; reported without a stack trace, exit status 2.</summary>
internal sealed class BadInputException(string message) : Exception(message);
