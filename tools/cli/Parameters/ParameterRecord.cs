// What the kernel's assemblies record of their parameters.
using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Commence.Cli.Parameters;

/// <summary>A kernel parameter. The fields are those of <c>KernelParameterRecordAttribute</c>.</summary>
internal sealed record ParameterRecord(
    string Name, bool Early, string Kind, string Values, string Unit, string Default, string Help, string Source, string Member)
{
    private const string Attribute = "KernelParameterRecordAttribute";

    /// <summary>As it is written on a command line.</summary>
    public string Usage => Kind switch
    {
        "switch" => Name,
        "flag" => $"{Name}[=on|off]",
        "choice" => $"{Name}={Values.Replace(", ", "|", StringComparison.Ordinal)}",
        "number" => $"{Name}=n",
        "size" => $"{Name}=nn[KMGT]",
        "text" => $"{Name}=text",
        _ => $"{Name}={Values}",
    };

    /// <summary>What a number may be, with its unit.</summary>
    public string Range => Kind is "number" or "size" ? $"{Values} {Unit}".Trim() : "";

    /// <summary>Reads the parameters of all of the kernel's assemblies in a directory, in the order of their names.</summary>
    internal static IReadOnlyList<ParameterRecord> ReadAll(string directory) =>
        [.. Directory.EnumerateFiles(directory, "Commence.*.dll").SelectMany(Read).OrderBy(static parameter => parameter.Name, StringComparer.Ordinal)];

    private static List<ParameterRecord> Read(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        return [.. metadata.GetCustomAttributes(Handle.AssemblyDefinition)
            .Select(metadata.GetCustomAttribute)
            .Where(mark => NameOf(metadata, mark) == Attribute)
            .Select(static mark => From(mark.DecodeValue(new StringTypes()).FixedArguments))];
    }

    private static string NameOf(MetadataReader metadata, CustomAttribute mark)
    {
        // Declared in the assembly of annotations, used in all others.
        if (mark.Constructor.Kind != HandleKind.MemberReference)
            return "";
        EntityHandle type = metadata.GetMemberReference((MemberReferenceHandle)mark.Constructor).Parent;
        return type.Kind == HandleKind.TypeReference ? metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)type).Name) : "";
    }

    private static ParameterRecord From(ImmutableArray<CustomAttributeTypedArgument<string>> words)
    {
        string Text(int index) => (string)words[index].Value!;
        return new ParameterRecord(Text(0), (bool)words[1].Value!, Text(2), Text(3), Text(4), Text(5), Text(6), Text(7), Text(8));
    }

    /// <summary>Decodes what the records hold: texts and truth values.</summary>
    private sealed class StringTypes : ICustomAttributeTypeProvider<string>
    {
        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        public string GetSystemType() => throw new BadImageFormatException("a kernel parameter's record holds no types");

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
            reader.GetString(reader.GetTypeDefinition(handle).Name);

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
            reader.GetString(reader.GetTypeReference(handle).Name);

        public string GetTypeFromSerializedName(string name) => name;

        public PrimitiveTypeCode GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;

        public bool IsSystemType(string type) => false;
    }
}
