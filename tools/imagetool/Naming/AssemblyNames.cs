// Reads the types and methods of the IL assemblies that were compiled, so that ilc's symbol names can be turned back exactly.
//
// ilc makes a type's name from "Assembly_Namespace_Outer_Inner" and a method's from its name alone; every character that is
// not an ASCII letter or digit becomes '_', a leading digit gets one in front, and what is then ambiguous gets a suffix "_0",
// "_1" … in the order of the metadata tables. That loses information, so the same names are made here from the metadata and
// looked up, instead of guessing which '_' was a '.'.
using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;

namespace Commence.ImageTool.Naming;

/// <summary>A type of one of the assemblies, with its methods by their mangled names.</summary>
internal sealed class KnownType(string ns, string name, Lazy<Dictionary<string, string>> methods)
{
    public string Namespace { get; } = ns;

    /// <summary>Without namespace and arity; nested types as <c>Outer.Inner</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The readable name of the method that ilc calls <paramref name="mangled"/> within this type, or null.</summary>
    public string? FindMethod(string mangled) => methods.Value.GetValueOrDefault(mangled);
}

/// <summary>All types of a set of assemblies by the names that ilc gives them.</summary>
internal sealed class AssemblyNames
{
    // ilc gives the primitive types of the core library these names, without an assembly in front.
    private static readonly Dictionary<string, string> s_primitives = new(StringComparer.Ordinal)
    {
        ["Boolean"] = "Bool", ["Byte"] = "UInt8", ["SByte"] = "Int8", ["UInt16"] = "UInt16", ["Int16"] = "Int16", ["UInt32"] = "UInt32",
        ["Int32"] = "Int32", ["UInt64"] = "UInt64", ["Int64"] = "Int64", ["Char"] = "Char", ["Double"] = "Double", ["Single"] = "Single",
        ["IntPtr"] = "IntPtr", ["UIntPtr"] = "UIntPtr", ["String"] = "String", ["Object"] = "Object",
    };

    private readonly Dictionary<string, KnownType> _types = new(StringComparer.Ordinal);

    /// <summary>The type that ilc calls <paramref name="mangled"/>, or null.</summary>
    public KnownType? FindType(string mangled) => _types.GetValueOrDefault(mangled);

    /// <summary>Reads the assemblies at <paramref name="paths"/>.</summary>
    public static AssemblyNames Load(IEnumerable<string> paths)
    {
        AssemblyNames names = new();
        foreach (string path in paths)
        {
            try
            {
                // The methods are read later, type by type: the image stays in memory for as long as the process lives.
                PEReader image = new(new MemoryStream(File.ReadAllBytes(path)));
                names.Add(image.GetMetadataReader());
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadImageFormatException or InvalidOperationException)
            {
                throw new BadInputException($"cannot read the assembly {path}: {error.Message}");
            }
        }
        return names;
    }

    private void Add(MetadataReader metadata)
    {
        string assembly = Sanitize(metadata.GetString(metadata.GetAssemblyDefinition().Name));
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            (string mangled, string ns, string name) = NamesOf(metadata, handle);
            string unique = Disambiguate(mangled, seen);
            TypeDefinitionHandle captured = handle;
            KnownType type = new(ns, name, new Lazy<Dictionary<string, string>>(() => MethodsOf(metadata, captured)));
            _types.TryAdd($"{assembly}_{unique}", type);
            if (ns == "System" && s_primitives.TryGetValue(name, out string? primitive))
                _types.TryAdd(primitive, type);
        }
    }

    private static (string Mangled, string Namespace, string Name) NamesOf(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        string ns = metadata.GetString(type.Namespace);
        string name = metadata.GetString(type.Name);
        string mangled = ns.Length > 0 ? $"{Sanitize(ns)}_{Sanitize(name)}" : Sanitize(name);
        if (type.GetDeclaringType() is { IsNil: false } outer)
        {
            (string outerMangled, string outerNamespace, string outerName) = NamesOf(metadata, outer);
            return ($"{outerMangled}_{mangled}", outerNamespace, $"{outerName}.{WithoutArity(name)}");
        }
        return (mangled, ns, WithoutArity(name));
    }

    private static Dictionary<string, string> MethodsOf(MetadataReader metadata, TypeDefinitionHandle type)
    {
        Dictionary<string, string> methods = new(StringComparer.Ordinal);
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        foreach (MethodDefinitionHandle handle in metadata.GetTypeDefinition(type).GetMethods())
        {
            string name = metadata.GetString(metadata.GetMethodDefinition(handle).Name);
            methods.TryAdd(Disambiguate(Sanitize(name), seen), Readable(name));
        }
        return methods;
    }

    private static string Disambiguate(string name, Dictionary<string, int> seen)
    {
        if (seen.TryAdd(name, 0))
            return name;
        return $"{name}_{seen[name]++}";
    }

    /// <summary>The name as ilc spells it in a symbol.</summary>
    internal static string Sanitize(string name)
    {
        StringBuilder text = new(name.Length + 1);
        if (name.Length > 0 && char.IsAsciiDigit(name[0]))
            text.Append('_');
        foreach (char c in name)
            text.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        return text.ToString();
    }

    private static string WithoutArity(string name)
    {
        int tick = name.IndexOf('`');
        return tick < 0 ? name : name[..tick];
    }

    // Local functions are "<Outer>g__Local|1_0", lambdas "<Outer>b__1_0", explicit implementations "Ns.IFoo<T>.Method".
    private static string Readable(string name)
    {
        if (name.StartsWith('<') && name.IndexOf('>') is > 0 and int close)
        {
            string outer = name[1..close];
            if (name.AsSpan(close + 1).StartsWith("g__") && name.IndexOf('|', close) is > 0 and int bar)
                return $"{outer}.{name[(close + 4)..bar]}";
            return outer.Length == 0 ? name : $"{outer}.<{name[(close + 1)..]}>";
        }

        int depth = 0;
        for (int i = name.Length - 1; i > 0; i--)
        {
            depth += name[i] switch { '>' => 1, '<' => -1, _ => 0 };
            if (name[i] == '.' && depth == 0)
                return name[(i + 1)..];
        }
        return name; // ".ctor" and ".cctor" begin with the only dot they have
    }
}
