-- What Argo CD shows of an Application: what that says of itself. With it, an Application of Applications waits for one wave before it
-- goes on to the next; Argo CD alone does not.

local own = (obj.status or {}).health or {}
return { status = own.status or "Progressing", message = own.message or "" }
