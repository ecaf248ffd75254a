/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo world's rows. Their names, keys and secrets are part of the fixed
 * interface: documents, clients' tests and the seeds' examples use them. They
 * are in the open, which is why they are only ever made on loopback.
 */
#include "app/demo.h"

#define LOCAL "dev_app_local"
#define OTHER "dev_app_other"

#define YUAN(n) ((int64_t)(n)*10000)

/* clang-format off */
const struct demo_app demo_apps[] = {
	{ LOCAL, "本地演示 (demo)", {
		{ ACCESS_INTENTS, LOCAL, NULL,
		  "dev_secret_local_do_not_use_in_production", NULL },
		{ ACCESS_WANGDIAN, "dev_wdt_key", "wdtapi3",
		  "dev_wdt_secret:dev_wdt_salt", NULL },
		{ ACCESS_FRANCHISER, "dev_em_appid", NULL,
		  "dev_em_secret", NULL },
		{ ACCESS_TOP, "10000001", NULL,
		  "dev_top_secret", "dev_top_session" },
	} },
	{ OTHER, "另一个应用 (demo)", {
		{ ACCESS_INTENTS, OTHER, NULL,
		  "dev_secret_local_do_not_use_in_production_other", NULL },
		{ ACCESS_WANGDIAN, "dev_wdt_key_other", "wdtapi3_other",
		  "dev_wdt_secret_other:dev_wdt_salt_other", NULL },
		{ ACCESS_FRANCHISER, "dev_em_appid_other", NULL,
		  "dev_em_secret_other", NULL },
		{ ACCESS_TOP, "10000002", NULL,
		  "dev_top_secret_other", "dev_top_session_other" },
	} },
};
const size_t demo_app_count = sizeof(demo_apps) / sizeof(demo_apps[0]);

const struct flag demo_flags[] = {
	{ .name = STR_INIT("aa"), .enabled = true },
	{ .name = STR_INIT("加急"), .enabled = true },
	{ .name = STR_INIT("采购量和到货量一致"), .enabled = true },
	{ .name = STR_INIT("旧标记"), .enabled = false },
};
const size_t demo_flag_count = sizeof(demo_flags) / sizeof(demo_flags[0]);

const struct warehouse demo_warehouses[] = {
	{ 5, STR_INIT("5"), STR_INIT("上海仓") },
	{ 22, STR_INIT("22"), STR_INIT("广州仓") },
};
const size_t demo_warehouse_count =
    sizeof(demo_warehouses) / sizeof(demo_warehouses[0]);

const struct provider demo_providers[] = {
	{ STR_INIT("P1"), STR_INIT("演示供应商") },
};
const size_t demo_provider_count =
    sizeof(demo_providers) / sizeof(demo_providers[0]);

#define SHUTTLE_5 "绿羽羽毛球 RSL-5 12只装"
#define SHUTTLE_4 "绿羽羽毛球 RSL-4 12只装"

const struct product demo_products[] = {
	{ STR_INIT("ERP_1113004"), STR_INIT(SHUTTLE_4), YUAN(75), true },
	{ STR_INIT("ERP_1113005"), STR_INIT(SHUTTLE_5), YUAN(98), true },
};
const size_t demo_product_count =
    sizeof(demo_products) / sizeof(demo_products[0]);

const struct stock_row demo_stock[] = {
	{ .warehouse = 5, .product = STR_INIT("ERP_1113005"), .on_hand = 10 },
	{ .warehouse = 22, .product = STR_INIT("ERP_1113005"), .on_hand = 10 },
	{ .warehouse = 5, .product = STR_INIT("ERP_1113004"), .on_hand = 100 },
	{ .warehouse = 22, .product = STR_INIT("ERP_1113004"), .on_hand = 100 },
};
const size_t demo_stock_count = sizeof(demo_stock) / sizeof(demo_stock[0]);

#define INTENT(who, site, link)                                       \
	.app = LOCAL, .user = (who), .platform = (site), .product_url = (link)
#define RECIPIENT(name, number, where)                                \
	.recipient_name = (name), .phone = (number), .address = (where)
#define ONE(name, price, number)                                      \
	.lines = { { .title = (name), .price_e4 = YUAN(price), .quantity = (number) } }

const struct demo_order demo_orders[] = {
	{ .id = 67890, .created = "2026-02-25T10:30:00.000Z", .status = ORDER_SUBMITTED,
	  .purchase_no = "CG2204130001", .purchase_order = "3045861756863154425",
	  INTENT("user_001", "TAOBAO", "https://item.taobao.com/item.htm?id=123456"),
	  RECIPIENT("张三", "13800138000", "北京市朝阳区望京SOHO T1 1001"),
	  .remarks = "请在工作日送达",
	  ONE("Apple iPhone 15 Pro 256GB", 8999, 1) },

	/* One order in every other status. */
	{ .id = 67891, .created = "2026-02-25T10:31:00.000Z", .status = ORDER_DRAFT,
	  INTENT("user_002", "JD", "https://item.jd.com/100012043978.html"),
	  RECIPIENT("李四", "13900139000", "上海市浦东新区陆家嘴环路1000号"),
	  ONE("小米 手环 9 NFC 版", 299, 3) },
	{ .id = 67892, .created = "2026-02-25T10:32:00.000Z", .status = ORDER_SUBMITTED,
	  .moves = { MOVE_EXECUTE }, .move_count = 1,
	  INTENT("user_001", "TAOBAO", "https://item.taobao.com/item.htm?id=643888576658"),
	  RECIPIENT("王五", "13700137000", "广州市天河区体育西路103号维多利广场A塔20楼"),
	  .remarks = "到货前请电话联系",
	  ONE("得力 A4 复印纸 500 张", 25, 40) },
	{ .id = 67893, .created = "2026-02-25T10:33:00.000Z", .status = ORDER_SUBMITTED,
	  .moves = { MOVE_EXECUTE, MOVE_COMPLETE }, .move_count = 2,
	  INTENT("user_003", "PDD", "https://mobile.yangkeduo.com/goods.html?goods_id=366018"),
	  RECIPIENT("赵六", "13600136000", "深圳市南山区科技园科苑路15号科兴科学园B栋"),
	  ONE("洗衣液 3kg", 39, 12) },
	{ .id = 67894, .created = "2026-02-25T10:34:00.000Z", .status = ORDER_SUBMITTED,
	  .moves = { MOVE_EXECUTE, MOVE_FAIL }, .move_count = 2,
	  INTENT("user_003", "JD", "https://item.jd.com/100038004397.html"),
	  RECIPIENT("孙七", "13500135000", "杭州市余杭区文一西路969号"),
	  ONE("27 英寸 4K 显示器", 1899, 2) },
	{ .id = 67895, .created = "2026-02-25T10:35:00.000Z", .status = ORDER_SUBMITTED,
	  .moves = { MOVE_CANCEL }, .move_count = 1,
	  INTENT("user_002", "TAOBAO", "https://item.taobao.com/item.htm?id=520813250866"),
	  RECIPIENT("周八", "13400134000", "成都市武侯区天府大道中段666号"),
	  .remarks = "不再需要",
	  ONE("机械键盘 87 键", 459, 1) },

	/* Distributor's orders: goods from a warehouse, which hold its stock. */
	{ .id = 202409260001, .app = LOCAL, .created = "2024-09-26T02:00:00.000Z",
	  .status = ORDER_SUBMITTED,
	  .recipient_name = "hanson", .phone = "18817834074",
	  .province = "上海", .city = "上海市", .district = "浦东新区",
	  .address = "商城路738号",
	  .warehouse = 5, .transport_way = 2, .logistics_company = 10,
	  .delivery_date = "2024-09-27",
	  .lines = { { .product = "ERP_1113005", .title = SHUTTLE_5,
		       .price_e4 = YUAN(98), .quantity = 3,
		       .remark = "接口导入订单" } } },
	{ .id = 202409240007, .app = LOCAL, .created = "2024-09-24T03:00:00.000Z",
	  .status = ORDER_SUBMITTED,
	  .recipient_name = "hanson", .phone = "18817834074",
	  .province = "上海", .city = "上海市", .district = "浦东新区",
	  .address = "商城路738号",
	  .warehouse = 22, .transport_way = 5,
	  .delivery_date = "2024-09-25",
	  .lines = { { .product = "ERP_1113004", .title = SHUTTLE_4,
		       .price_e4 = YUAN(75), .quantity = 10,
		       .remark = "接口导入订单" } } },

	/* Of the other app: what "not yours" looks like. */
	{ .id = 99999, .app = OTHER, .created = "2026-02-25T10:40:00.000Z",
	  .status = ORDER_SUBMITTED,
	  .user = "user_900", .platform = "TAOBAO",
	  .product_url = "https://item.taobao.com/item.htm?id=999999",
	  RECIPIENT("吴九", "13300133000", "南京市玄武区中山路18号"),
	  ONE("办公椅", 599, 4) },
};
const size_t demo_order_count = sizeof(demo_orders) / sizeof(demo_orders[0]);
/* clang-format on */
