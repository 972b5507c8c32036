import type { OperationInput, OperationRequest, OperationResponse } from '../operation.ts';
import { accountOperations } from './account.ts';
import { administrationOperations } from './administration.ts';
import { conversationOperations } from './conversations.ts';

/** The HTTP API: every operation by its operationId. */
export const operations = { ...accountOperations, ...conversationOperations, ...administrationOperations };

export type OperationId = keyof typeof operations;
/** What a client gives to call `Id`. */
export type InputOf<Id extends OperationId> = OperationInput<(typeof operations)[Id]>;
/** What a handler of `Id` gets. */
export type RequestOf<Id extends OperationId> = OperationRequest<(typeof operations)[Id]>;
/** What `Id` answers with. */
export type ResponseOf<Id extends OperationId> = OperationResponse<(typeof operations)[Id]>;
