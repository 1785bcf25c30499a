// Prints the result of `imagetool check`, for people and as JSON for the record.
using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Commence.ImageTool.Checks;

namespace Commence.ImageTool.Report;

/// <summary>The two forms of a check's result.</summary>
internal static class CheckPrinter
{
    private const int ViolationsShownMax = 50;

    public static void Print(CheckResult result, TextWriter output, TextWriter errors)
    {
        for (int i = 0; i < Math.Min(result.Violations.Count, ViolationsShownMax); i++)
            errors.WriteLine(result.Violations[i]);
        if (result.Violations.Count > ViolationsShownMax)
            errors.WriteLine($"imagetool: … and {result.Violations.Count - ViolationsShownMax} more");

        ImageSizes sizes = result.Sizes;
        output.WriteLine($"image: {sizes.File:n0} bytes; text {sizes.Text:n0}, read-only {sizes.ReadOnly:n0}, data {sizes.Data:n0}, bss {sizes.Bss:n0}, symbol table {sizes.SymbolTable:n0}");
        output.WriteLine($"code: {result.MethodCount:n0} methods, {result.InstructionCount:n0} instructions, {result.AssemblyFunctionCount:n0} assembly functions; " +
            $"vector registers {Registers(result.XmmUsed)}" + (result.GcStaticBytes is { } bytes ? $"; static references {bytes} bytes" : ""));
        if (result.LargestFrames.Count > 0)
        {
            output.WriteLine("largest stack frames:");
            foreach (LargeFrame frame in result.LargestFrames)
                output.WriteLine($"  {frame.Bytes,6:n0}  {frame.Method}");
        }
        foreach (Violation accepted in result.Accepted)
            output.WriteLine($"allowed: {accepted.Rule.Code} {accepted.Subject}");
        foreach (string unused in result.UnusedAllowances)
            output.WriteLine($"imagetool: warning IMG060: the allow-list entry \"{unused}\" is not needed any more");
    }

    public static void WriteJson(CheckResult result, string path)
    {
        using FileStream stream = File.Create(path);
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("fileBytes", result.Sizes.File);
        json.WriteNumber("textBytes", result.Sizes.Text);
        json.WriteNumber("readOnlyBytes", result.Sizes.ReadOnly);
        json.WriteNumber("dataBytes", result.Sizes.Data);
        json.WriteNumber("bssBytes", result.Sizes.Bss);
        json.WriteNumber("symbolTableBytes", result.Sizes.SymbolTable);
        json.WriteNumber("methods", result.MethodCount);
        json.WriteNumber("assemblyFunctions", result.AssemblyFunctionCount);
        json.WriteNumber("instructions", result.InstructionCount);
        if (result.GcStaticBytes is { } bytes)
            json.WriteNumber("gcStaticBytes", bytes);
        json.WriteStartArray("vectorRegisters");
        foreach (string register in Names(result.XmmUsed))
            json.WriteStringValue(register);
        json.WriteEndArray();
        json.WriteStartArray("largestFrames");
        foreach (LargeFrame frame in result.LargestFrames)
        {
            json.WriteStartObject();
            json.WriteString("method", frame.Method);
            json.WriteNumber("bytes", frame.Bytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("violations");
        foreach (Violation violation in result.Violations)
        {
            json.WriteStartObject();
            json.WriteString("rule", violation.Rule.Code);
            json.WriteString("subject", violation.Subject);
            json.WriteString("message", violation.Message);
            json.WriteString("file", violation.File);
            json.WriteNumber("line", violation.Line);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Registers(uint used) => used == 0 ? "none" : string.Join(' ', Names(used));

    private static IEnumerable<string> Names(uint used)
    {
        for (int i = 0; i < 16; i++)
            if ((used >> i & 1) != 0)
                yield return $"xmm{i}";
    }
}
