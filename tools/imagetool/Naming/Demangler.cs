// Turns ilc's symbol names into C# names.
//
//   symbol     = type "__" method | type "__<" prefix ">" symbol
//   type       = name [ "<" type { "__" type } ">" ] | type "<Pointer>" | type "<ByRef>" | "__Array<" type ">"
//   method     = name [ "<" type { "__" type } ">" ]
//
// A name may itself contain "__", so each possible split is tried against the names that the assemblies contain. What is not
// found there (helpers that ilc makes, an assembly that was not given) falls back to a guess: see Guess.
using System;
using System.Collections.Generic;
using System.Text;

namespace Commence.ImageTool.Naming;

/// <summary>Finds the readable name of a compiled method.</summary>
internal sealed class Demangler(AssemblyNames assemblies)
{
    private static readonly Dictionary<string, string> s_wellKnown = new(StringComparer.Ordinal)
    {
        ["Bool"] = "bool", ["UInt8"] = "byte", ["Int8"] = "sbyte", ["UInt16"] = "ushort", ["Int16"] = "short", ["UInt32"] = "uint",
        ["Int32"] = "int", ["UInt64"] = "ulong", ["Int64"] = "long", ["Char"] = "char", ["Double"] = "double", ["Single"] = "float",
        ["IntPtr"] = "nint", ["UIntPtr"] = "nuint", ["String"] = "string", ["Object"] = "object", ["System___Canon"] = "__Canon",
    };

    /// <summary>The C# name of the compiled method called <paramref name="symbol"/>.</summary>
    public MethodName Demangle(string symbol)
    {
        for (int split = NextSplit(symbol, 0); split > 0; split = NextSplit(symbol, split + 1))
        {
            if (TryType(symbol.AsSpan(0, split), out MethodName type, out KnownType? known) &&
                TryMethod(symbol[(split + 2)..], type, known) is { } name)
                return name;
        }
        return Guess(symbol);
    }

    // The next "__" outside all angle brackets, at or after start; -1 if there is none.
    private static int NextSplit(string symbol, int start)
    {
        int depth = 0;
        for (int i = 0; i + 1 < symbol.Length; i++)
        {
            if (symbol[i] == '<')
                depth++;
            else if (symbol[i] == '>')
                depth--;
            else if (i >= start && i > 0 && depth == 0 && symbol[i] == '_' && symbol[i + 1] == '_')
                return i;
        }
        return -1;
    }

    private bool TryType(ReadOnlySpan<char> mangled, out MethodName type, out KnownType? known)
    {
        int open = mangled.IndexOf('<');
        string name = (open < 0 ? mangled : mangled[..open]).ToString();
        string arguments = open < 0 ? "" : Arguments(mangled[open..]);
        known = assemblies.FindType(name);
        if (known is not null)
            type = new MethodName(known.Namespace, known.Name + arguments, "");
        else
            type = new MethodName("", "", "");
        return type.Type.Length > 0;
    }

    private MethodName? TryMethod(string mangled, MethodName type, KnownType? known)
    {
        if (mangled.StartsWith('<') && mangled.IndexOf('>') is > 0 and int close)
        {
            // A stub for another method: "<unbox>Type__Method".
            MethodName target = Demangle(mangled[(close + 1)..]);
            return target with { Method = $"{target.Method} ({mangled[1..close]} stub)" };
        }

        int open = mangled.IndexOf('<');
        string name = open < 0 ? mangled : mangled[..open];
        string arguments = open < 0 ? "" : Arguments(mangled.AsSpan(open));
        return known?.FindMethod(name) is { } readable ? type with { Method = readable + arguments } : null;
    }

    // "<A__B>" as "<A, B>"; what cannot be taken apart is kept as it is.
    private string Arguments(ReadOnlySpan<char> mangled)
    {
        if (mangled.Length < 2 || mangled[^1] != '>')
            return mangled.ToString();
        StringBuilder text = new("<");
        ReadOnlySpan<char> rest = mangled[1..^1];
        while (!rest.IsEmpty)
        {
            int length = ArgumentLength(rest);
            text.Append(text.Length > 1 ? ", " : "").Append(ArgumentName(rest[..length]));
            rest = rest.Length > length + 2 ? rest[(length + 2)..] : default;
        }
        return text.Append('>').ToString();
    }

    // The longest prefix that ends before "__" or at the end and is a type we know; else up to the first "__".
    private int ArgumentLength(ReadOnlySpan<char> text)
    {
        int first = 0, depth = 0, longest = 0;
        for (int i = 1; i <= text.Length; i++)
        {
            depth += text[i - 1] switch { '<' => 1, '>' => -1, _ => 0 };
            if (depth != 0 || (i < text.Length && !text[i..].StartsWith("__")))
                continue;
            first = first == 0 ? i : first;
            if (IsKnown(text[..i]))
                longest = i;
        }
        return longest > 0 ? longest : first > 0 ? first : text.Length;
    }

    // Whether the text is one type that we know, and nothing else: a name and then bracketed groups up to the end.
    private bool IsKnown(ReadOnlySpan<char> mangled)
    {
        int open = mangled.IndexOf('<');
        string name = (open < 0 ? mangled : mangled[..open]).ToString();
        int depth = 0;
        for (int i = Math.Max(open, 0); open >= 0 && i < mangled.Length; i++)
        {
            if (depth == 0 && mangled[i] != '<')
                return false;
            depth += mangled[i] switch { '<' => 1, '>' => -1, _ => 0 };
        }
        return s_wellKnown.ContainsKey(name) || name == "__Array" || assemblies.FindType(name) is not null;
    }

    // A type argument, without its namespace.
    private string ArgumentName(ReadOnlySpan<char> mangled)
    {
        if (mangled.EndsWith("<Pointer>"))
            return ArgumentName(mangled[..^"<Pointer>".Length]) + "*";
        if (mangled.EndsWith("<ByRef>"))
            return "ref " + ArgumentName(mangled[..^"<ByRef>".Length]);
        if (mangled.StartsWith("__Array<") && mangled[^1] == '>')
            return ArgumentName(mangled["__Array<".Length..^1]) + "[]";
        if (s_wellKnown.TryGetValue(mangled.ToString(), out string? keyword))
            return keyword;
        if (TryType(mangled, out MethodName type, out _))
            return type.Type;
        MethodName guess = GuessType(mangled.ToString());
        return guess.Type;
    }

    // Without the assemblies: "Commence_Kernel_Commence_Sched_RunQueue__Enqueue". Our assemblies are called Commence.X and our
    // namespaces begin with Commence, System or Internal, so what stands before the second such word is the assembly; the
    // rest is taken as if each '_' had been a '.'.
    private static MethodName Guess(string symbol)
    {
        int split = NextSplit(symbol, 1);
        if (split < 0 || symbol[0] == '_')
            return new MethodName("", "", symbol);
        MethodName type = GuessType(symbol[..split]);
        return type with { Method = symbol[(split + 2)..] };
    }

    private static MethodName GuessType(string mangled)
    {
        int open = mangled.IndexOf('<');
        string path = open < 0 ? mangled : mangled[..open];
        if (path.StartsWith("Commence_", StringComparison.Ordinal))
        {
            foreach (string root in (ReadOnlySpan<string>)["_Commence_", "_System_", "_Internal_"])
            {
                int at = path.IndexOf(root, StringComparison.Ordinal);
                if (at < 0)
                    continue;
                path = path[(at + 1)..];
                break;
            }
        }
        path = path.Replace('_', '.');
        int dot = path.LastIndexOf('.');
        string name = (dot < 0 ? path : path[(dot + 1)..]) + (open < 0 ? "" : mangled[open..]);
        return new MethodName(dot < 0 ? "" : path[..dot], name, "");
    }
}
