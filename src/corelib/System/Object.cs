// The root of all types. Its one field is the method table; there is no finalizer, no monitor and no hash code.
using Internal.Runtime;

namespace System;

public class Object
{
    // The compiler looks this field up by name. It is at offset 0 of every object.
#pragma warning disable CS0649, CS0169, IDE0051, IDE0044 // written by the allocator, read by compiled code
    internal unsafe MethodTable* m_pEEType;
#pragma warning restore CS0649, CS0169, IDE0051, IDE0044

    public Object()
    {
    }
}
