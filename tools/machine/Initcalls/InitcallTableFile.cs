// Reads the table of initcalls out of the assembly that composes an image. The generator writes it there as attributes
// (Commence.InitcallPlaceAttribute), so that no tool has to guess from sources what the build knows.
using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Commence.Machine.Initcalls;

/// <summary>The table in an assembly.</summary>
public static class InitcallTableFile
{
    private const string AttributeName = "InitcallPlaceAttribute";
    private const ushort BlobProlog = 1; // ECMA-335 II.23.3, Custom attributes

    /// <summary>The initcalls in the order in which they run one after the other.</summary>
    /// <param name="path">The composition root's assembly, before it becomes an image.</param>
    public static IReadOnlyList<InitcallEntry> Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        using PEReader assembly = new(file);
        MetadataReader metadata = assembly.GetMetadataReader();
        List<InitcallEntry> entries = [];
        foreach (CustomAttributeHandle handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            CustomAttribute attribute = metadata.GetCustomAttribute(handle);
            if (NameOf(metadata, attribute) == AttributeName)
                entries.Add(Decode(metadata.GetBlobReader(attribute.Value)));
        }
        return entries;
    }

    private static InitcallEntry Decode(BlobReader blob)
    {
        if (blob.ReadUInt16() != BlobProlog)
            throw new InvalidDataException("not a custom attribute");
        string level = blob.ReadSerializedString() ?? "";
        string name = blob.ReadSerializedString() ?? "";
        string part = blob.ReadSerializedString() ?? "";
        string after = blob.ReadSerializedString() ?? "";
        return new InitcallEntry(level, name, part, after.Split(';', StringSplitOptions.RemoveEmptyEntries));
    }

    private static string NameOf(MetadataReader metadata, CustomAttribute attribute)
    {
        EntityHandle type = attribute.Constructor.Kind == HandleKind.MemberReference
            ? metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent
            : metadata.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType();
        return type.Kind == HandleKind.TypeReference
            ? metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)type).Name)
            : metadata.GetString(metadata.GetTypeDefinition((TypeDefinitionHandle)type).Name);
    }
}
