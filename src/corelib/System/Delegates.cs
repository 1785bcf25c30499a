// Delegates exist as types only: creating one needs helpers that are left out, so that a lambda fails the build.
namespace System;

public abstract class Delegate
{
}

public abstract class MulticastDelegate : Delegate
{
}
