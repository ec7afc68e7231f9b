/** What of a registered model moves only by an approved request. The store refuses it (`store/registry_checks.py`); this says so before anybody tries. Pure. */

import type { ModelDetail } from "../../api/schema.gen";

/** A tag of the model: stages, `@aliases`, `*` for every stage, `@*` for every alias. */
export const PROTECTED = "runstone.protected";

type Tagged = Pick<ModelDetail, "tags"> | undefined;

const words = (model: Tagged) => (model?.tags[PROTECTED] ?? "").split(/[\s,]+/).filter(Boolean);

export function isAliasProtected(model: Tagged, alias: string): boolean {
  return words(model).some((word) => word === "@*" || word === `@${alias}`);
}

/** Whether one of these stages may be neither left nor come to. */
export function isStageProtected(model: Tagged, ...stages: readonly string[]): boolean {
  return words(model).some((word) => word === "*" || stages.some((one) => one.toLowerCase() === word.toLowerCase()));
}
