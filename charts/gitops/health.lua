-- What Argo CD shows of an object of the group nephos.dev, of whatever kind.
-- During a sync Argo CD waits while an object is Progressing and gives up once it is Degraded. So Degraded is only what waiting does not
-- mend, a spec that contradicts itself, and what had been well before.

local function health(status, message)
  return { status = status, message = message }
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "being deleted")
end

local status = obj.status or {}
if status.observedGeneration ~= obj.metadata.generation then
  return health("Progressing", "waiting for Nephos to take it up")
end

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  if condition.status == "True" then
    conditions[condition.type] = condition
  end
end

if conditions.Stalled ~= nil then
  return health("Degraded", conditions.Stalled.reason .. ": " .. conditions.Stalled.message)
end
if conditions.Ready ~= nil then
  return health("Healthy", conditions.Ready.message)
end
local under_way = conditions.Reconciling
if under_way == nil then
  return health("Progressing", "waiting for Nephos to say how it is")
end
if under_way.reason == "Progressing" then
  return health("Progressing", under_way.message)
end

-- Something is unwell or blocked. The status names a release once every API of a cloud has been up: until then it is still being made,
-- and what it lacks, a Secret for one, may well be on its way.
local was_well = under_way.reason == "Degraded" or status.release ~= nil
return health(was_well and "Degraded" or "Progressing", under_way.reason .. ": " .. under_way.message)
