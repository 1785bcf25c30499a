// Reads one [Syscall] method from the compiler's symbols.
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.Syscalls;

internal static class SyscallReader
{
    private const int ParametersMax = 6;

    // Far above any number in use; the dispatch's jump table would grow with it.
    private const int NumberMax = 1023;

    public static SyscallReading Read(IMethodSymbol method, AttributeData mark, Compilation compilation)
    {
        var findings = new List<Finding>();
        Place place = Place.Of(method);
        string name = mark.ConstructorArguments[0].Value as string ?? "";
        int x64 = Number(mark, 1);
        int arm64 = Number(mark, 2);
        string shown = name.Length > 0 ? name : method.Short();

        if (WhyNotCallable(method, compilation) is { } why)
            findings.Add(new Finding(SyscallRules.Shape, place, shown, why));
        if (!IsName(name))
            findings.Add(new Finding(SyscallRules.Name, place, shown, "must be Linux's: lower-case letters, digits and '_', beginning with a letter or '_'"));
        if (x64 == -1 && arm64 == -1)
            findings.Add(new Finding(SyscallRules.Number, place, shown, "no architecture is given a number; write 'x64:' or 'arm64:'"));
        foreach (int number in new[] { x64, arm64 })
        {
            if (number is < -1 or > NumberMax)
                findings.Add(new Finding(SyscallRules.Number, place, shown, $"number {number} is outside 0 to {NumberMax}"));
        }

        List<string> arguments = Arguments(method, compilation, shown, findings);
        string[]? body = Body(method, compilation, arguments);
        if (body is null)
            findings.Add(new Finding(SyscallRules.Result, place, shown, Shown(method.ReturnType)));

        var all = new EquatableArray<Finding>(findings);
        return findings.Count > 0
            ? new SyscallReading(null, all)
            : new SyscallReading(
                new SyscallModel(name, x64, arm64, method.Short(), place, arguments.Count, new EquatableArray<string>(body!)), all);
    }

    private static int Number(AttributeData mark, int index) =>
        index < mark.ConstructorArguments.Length && mark.ConstructorArguments[index].Value is int number ? number : -1;

    private static string? WhyNotCallable(IMethodSymbol method, Compilation compilation)
    {
        if (!method.IsStatic || method.MethodKind != MethodKind.Ordinary)
            return "be static";
        if (method.IsGenericMethod || method.ContainingType.IsGenericType)
            return "not be generic";
        return compilation.CanSee(method) ? null : "be internal or public";
    }

    private static bool IsName(string name) =>
        name.Length > 0 && !char.IsDigit(name[0]) && name.All(static c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_');

    private static List<string> Arguments(IMethodSymbol method, Compilation compilation, string shown, List<Finding> findings)
    {
        var arguments = new List<string>();
        if (method.Parameters.Length > ParametersMax)
            findings.Add(new Finding(SyscallRules.TooMany, Place.Of(method), shown, method.Parameters.Length.ToString()));

        foreach (IParameterSymbol parameter in method.Parameters.Take(ParametersMax))
        {
            string? argument = parameter.RefKind == RefKind.None
                ? RegisterConversion.FromRegister(compilation, parameter.Type, "args.A" + parameter.Ordinal)
                : null;
            if (argument is null)
                findings.Add(new Finding(SyscallRules.Parameter, Place.Of(parameter), shown, parameter.Name, RefWord(parameter) + Shown(parameter.Type)));
            arguments.Add(argument ?? "default");
        }
        return arguments;
    }

    private static string[]? Body(IMethodSymbol method, Compilation compilation, List<string> arguments)
    {
        string call = $"{method.ContainingType.Full()}.{method.Name}({string.Join(", ", arguments)})";
        if (method.ReturnsVoid)
            return [call + ";", "return 0;"];
        if (method.RefKind != RefKind.None)
            return null;

        if (RegisterConversion.ResultValue(method.ReturnType) is { } valueType)
        {
            return RegisterConversion.ToRegister(compilation, valueType, "result.Value") is { } value
                ? [$"{method.ReturnType.Full()} result = {call};", $"return result.IsOk ? {value} : -(long)result.Error;"]
                : null;
        }
        return RegisterConversion.ToRegister(compilation, method.ReturnType, call) is { } result
            ? [$"return {result};"]
            : null;
    }

    private static string RefWord(IParameterSymbol parameter) => parameter.RefKind switch
    {
        RefKind.None => "",
        RefKind.Ref => "ref ",
        RefKind.Out => "out ",
        _ => "in ",
    };

    private static string Shown(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);
}
