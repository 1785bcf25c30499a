// How a parameter's value is read, by what it stands on.
//
//   Value given              switch   the name alone sets that value
//   bool                     flag     the name alone, or on and off
//   integer                  number   within Min and Max; with IsSize an amount of memory
//   enum                     choice   the names of its members: FromMpTable is "from_mp_table"
//   IKernelParameterValue    text     it reads itself
//   method                   custom   it reads what it is given
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.KernelParameters;

internal sealed class ValueReader
{
    private const string Values = "global::Commence.KernelParameterValue";

    private readonly string _name;
    private readonly ISymbol _member;
    private readonly Place _place;
    private readonly Dictionary<string, TypedConstant> _options;

    public ValueReader(string name, ISymbol member, AttributeData mark, Place place)
    {
        _name = name;
        _member = member;
        _place = place;
        _options = mark.NamedArguments.ToDictionary(static named => named.Key, static named => named.Value);
    }

    private string Target => $"{_member.ContainingType.Full()}.{_member.Name}";

    public (ValueReading? Reading, Finding? Finding) Read()
    {
        if (_member is IMethodSymbol method)
            return ReadMethod(method);

        ITypeSymbol type = _member is IFieldSymbol field ? field.Type : ((IPropertySymbol)_member).Type;
        if (_options.ContainsKey("Syntax"))
            return Wrong("Syntax is for methods: what a member takes follows from its type");
        if (NumberRange.TryOf(type, out NumberRange range))
            return ReadNumber(type, range);
        if (Stray("Min", "Max", "Unit", "IsSize") is { } stray)
            return Wrong($"{stray} is for numbers");
        if (type.SpecialType == SpecialType.System_Boolean)
            return ReadBool();
        if (_options.ContainsKey("Value"))
            return Wrong("Value is for numbers and bool");
        if (type.TypeKind == TypeKind.Enum)
            return ReadEnum((INamedTypeSymbol)type);
        if (type.TypeKind == TypeKind.Struct && type.AllInterfaces.Any(static i => i.Plain() == Names.KernelParameterText))
            return ReadText();
        return (null, new Finding(KernelParameterRules.Type, _place, _name, type.Plain()));
    }

    private (ValueReading?, Finding?) ReadMethod(IMethodSymbol method)
    {
        if (Stray("Min", "Max", "Unit", "IsSize", "Value") is { } stray)
            return Wrong($"{stray} means nothing for a method, which reads the text itself");
        bool takesText = method.Parameters.Length == 1 && method.Parameters[0].RefKind == RefKind.None
            && method.Parameters[0].Type.Plain() == "System.ReadOnlySpan<System.Byte>";
        if (!takesText || method.ReturnType.SpecialType != SpecialType.System_Boolean)
            return (null, new Finding(KernelParameterRules.Shape, _place, _name, method.Short(), "take a ReadOnlySpan<byte> and return bool"));
        if (_options.TryGetValue("Syntax", out TypedConstant syntax) && syntax.Value is string text && text.Length > 0)
            return (new ValueReading("custom", text, $"return {Target}(value);"), null);
        return Wrong("a method needs Syntax, which says what it takes");
    }

    private (ValueReading?, Finding?) ReadNumber(ITypeSymbol type, NumberRange all)
    {
        if (all.Narrow(Number("Min"), Number("Max"), out NumberRange range) is { } wrong)
            return (null, new Finding(KernelParameterRules.Range, _place, _name, wrong));
        if (Number("Value") is { } value)
        {
            return all.Contains(value)
                ? Switch($"({type.Full()})({value}L)")
                : (null, new Finding(KernelParameterRules.Range, _place, _name, $"Value = {value} does not fit in its type"));
        }

        bool isSize = _options.TryGetValue("IsSize", out TypedConstant size) && size.Value is true;
        if (isSize && range.IsSigned)
            return Wrong("an amount of memory needs an unsigned type");
        string reader = isSize ? "TryReadSize" : range.IsSigned ? "TryReadSigned" : "TryReadUnsigned";
        string number = range.IsSigned ? "long" : "ulong";
        string body = $"if (!hasValue || !{Values}.{reader}(value, {range.Literal(range.Min)}, {range.Literal(range.Max)}, out {number} number)) return false;\n"
            + $"{Target} = ({type.Full()})number;\nreturn true;";
        bool isAnything = range.Min == all.Min && range.Max == all.Max;
        string values = isSize ? "nn[KMGT]" + (isAnything ? "" : $", {range}") : isAnything ? "number" : range.ToString();
        return (new ValueReading(isSize ? "size" : "number", values, body), null);
    }

    private (ValueReading?, Finding?) ReadBool()
    {
        if (Number("Value") is { } value)
            return value is 0 or 1 ? Switch(value == 1 ? "true" : "false") : Wrong("Value of a bool is 0 or 1");
        return (new ValueReading("flag", "on, off",
            $"if (!{Values}.TryReadFlag(value, hasValue, out bool flag)) return false;\n{Target} = flag;\nreturn true;"), null);
    }

    private (ValueReading?, Finding?) ReadEnum(INamedTypeSymbol type)
    {
        List<IFieldSymbol> members = type.GetMembers().OfType<IFieldSymbol>().Where(static member => member.HasConstantValue).ToList();
        if (members.Count == 0)
            return (null, new Finding(KernelParameterRules.Range, _place, _name, $"'{type.Name}' has no members"));
        var body = new StringBuilder("if (!hasValue) return false;\n");
        foreach (IFieldSymbol member in members)
            body.Append($"if ({Values}.IsName(value, \"{Spell(member.Name)}\"u8)) {{ {Target} = {type.Full()}.{member.Name}; return true; }}\n");
        body.Append("return false;");
        return (new ValueReading("choice", string.Join(", ", members.Select(static member => Spell(member.Name))), body.ToString()), null);
    }

    private (ValueReading?, Finding?) ReadText() => _member is IFieldSymbol
        ? (new ValueReading("text", "text", $"return hasValue && {Target}.TrySet(value);"), null)
        : (null, new Finding(KernelParameterRules.Shape, _place, _name, _member.Short(), "be a field"));

    private (ValueReading?, Finding?) Switch(string value) =>
        (new ValueReading("switch", "", $"if (hasValue) return false;\n{Target} = {value};\nreturn true;"), null);

    private (ValueReading?, Finding?) Wrong(string why) => (null, new Finding(KernelParameterRules.Option, _place, _name, why));

    private string? Stray(params string[] options) => options.FirstOrDefault(_options.ContainsKey);

    private long? Number(string option) => _options.TryGetValue(option, out TypedConstant value) ? value.Value as long? : null;

    /// <summary>A member's name as it is typed: FromMpTable is "from_mp_table".</summary>
    public static string Spell(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
