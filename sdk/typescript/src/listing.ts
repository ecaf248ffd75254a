/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call of many things gives: awaited it is one page, iterated it is
 * every item. Nothing is asked for before one of the two is done.
 */
export class Listing<Page, Item> implements Promise<Page>, AsyncIterable<Item> {
	readonly [Symbol.toStringTag] = 'Listing';
	readonly #first: () => Promise<Page>;
	readonly #all: () => AsyncGenerator<Page>;
	readonly #items: (page: Page) => readonly Item[];
	#page: Promise<Page> | undefined;

	constructor(
		first: () => Promise<Page>,
		all: () => AsyncGenerator<Page>,
		items: (page: Page) => readonly Item[],
	) {
		this.#first = first;
		this.#all = all;
		this.#items = items;
	}

	then<A = Page, B = never>(
		onfulfilled?: ((page: Page) => A | PromiseLike<A>) | null,
		onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
	): Promise<A | B> {
		this.#page ??= this.#first();
		return this.#page.then(onfulfilled, onrejected);
	}

	catch<B = never>(
		onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
	): Promise<Page | B> {
		return this.then(undefined, onrejected);
	}

	finally(onfinally?: (() => void) | null): Promise<Page> {
		return this.then().finally(onfinally);
	}

	/** Page after page, to the end. */
	pages(): AsyncGenerator<Page> {
		return this.#all();
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
		for await (const page of this.#all()) {
			yield* this.#items(page);
		}
	}
}
